"""Which leaves of a spec are secrets, by the names in their keys."""

from typing import Any

import pytest

from automl.errors import InputError
from automl.skill import load_skill, packaged_skill_dir
from automl.spec.secret_keys import is_secret, refuse_secrets

SECRET = (
    "encryption_key", "wandb.api_key", "openai.apiKey", "a.Password", "db_password_file",
    "s3.secret_access_key", "dbpassword", "userPassword", "passwords", "db_pass", "dbPass", "pass",
    "user_pwd", "client_secret", "passwords.alice", "secrets[0]", "password2",
)  # fmt: skip
TOKEN = ("token", "hub.hf_token", "refresh_token", "bearer_token", "githubToken", "api_tokens[1]")
INNOCENT = (
    "sort_key", "pad_token", "special_tokens[0]", "num_tokens", "max_tokens", "token_len",
    "token_dim", "tokenizer", "token.kind", "pass_through", "forward_pass", "low_pass", "bypass",
    "num_passes", "monkeys", "secretary",
)  # fmt: skip


@pytest.mark.parametrize("key", SECRET)
def test_a_name_of_a_password_makes_every_value_a_secret(key: str) -> None:
    assert all(is_secret(key, value) for value in ("hunter2", 123456, True))
    assert not any(is_secret(key, value) for value in ("", None))


@pytest.mark.parametrize("key", TOKEN)
def test_a_name_of_a_token_makes_texts_secret_and_no_counts(key: str) -> None:
    assert is_secret(key, "hunter2")
    assert not any(is_secret(key, value) for value in (768, 0.5, True, ""))


@pytest.mark.parametrize("key", INNOCENT)
def test_other_names_make_nothing_secret(key: str) -> None:
    assert not any(is_secret(key, value) for value in ("hunter2", 123456, True))


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        ({"password": 123456}, "password"),
        ({"users": [{"name": "a"}, {"password": "hunter2"}]}, "users[1].password"),
        ({"hub": {"tokens": [["x"]]}}, "hub.tokens[0][0]"),
    ],
)
def test_a_secret_is_found_wherever_it_lies(spec: dict[str, Any], key: str) -> None:
    skill = load_skill(packaged_skill_dir())
    with pytest.raises(InputError) as refused:
        refuse_secrets(skill, spec, ())
    assert str(refused.value).startswith(f"{key} is a secret")
    assert "hunter2" not in str(refused.value)
    refuse_secrets(skill, spec, [next(iter(spec)), "hub.tokens"])
