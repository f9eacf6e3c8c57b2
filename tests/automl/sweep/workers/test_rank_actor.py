"""A trainer in one thread, its reader in another."""

import threading

from automl.sweep.workers.rank_actor import Mailbox
from automl.trial.status_record import StatusRecord


def test_the_trainer_waits_for_each_answer_and_hears_the_stop() -> None:
    mailbox, heard = Mailbox(), []

    def train() -> None:
        for epoch in range(1, 9):
            heard.append(mailbox.tell(StatusRecord("RUNNING", epoch=epoch)))
            if not heard[-1]:
                break
        mailbox.close()

    trainer = threading.Thread(target=train)
    trainer.start()
    seen = []
    while (record := mailbox.next()) is not None:
        seen.append(record.epoch)
        assert len(heard) == len(seen) - 1
        mailbox.answer(record.epoch < 3)
    trainer.join(timeout=10)
    assert (seen, heard) == ([1, 2, 3], [True, True, False])
    assert mailbox.next() is None
