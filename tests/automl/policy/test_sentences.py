"""What a request sentence says of AutoML: a table of sentences, and any text at all."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import PolicyError
from automl.policy import Policy, read_policy
from automl.policy.vocabulary import vocabulary

OFF = """
Please just do one run with the default settings
Don't tune the hyperparameters
No parameter sweep
vanilla training
AutoML: no
turn of automl
we don't have the budget for AutoML
turn off auto ml
turn off auto-ml please
don’t do hyperparamter tuning
dont tune anything
do not optimise the hyperparameters
train once
just train it once with the defaults
run a single training
one simple training run, thanks
train with default hyperparameters
use AutoML ... no, actually just train once
I want a sweep. On second thought, plain training.
not AutoML but plain training
plain training, not AutoML
AutoML is overkill here
AutoML off
HPO = false
automl=0
AutoML? No.
Do we need HPO? Nope.
Should we tune? No thanks, skip it.
Who needs HPO? Just train.
Why bother with hyperparameter search?
Why would I use AutoML? Just train it.
can we skip HPO?
could you please disable AutoML?
no HPO or sweeps
neither HPO nor a sweep
no augmentation and no HPO
don't use wandb or AutoML
disable wandb and AutoML
we have no time for a sweep
there's no point in doing HPO
don't waste time on tuning
don't bother with a grid search
not interested in AutoML
I don't think we need AutoML
I'd rather train without any fancy hyperparameter optimization
leave AutoML off for this run
hold off on AutoML
opt out of AutoML
don't forget to turn off AutoML
AutoML no longer needed
without grid search or random search
no Optuna
straight to training, no trials
If HPO is on, turn it off
I know about AutoML. Don't use it.
Can't you just train?
this time no search
ditch the sweep
get rid of the sweep
No HPO/AutoML, thanks
just one run
only train, nothing else
别做自动调参
默认参数训练一下，不搜索
關閉AutoML，直接訓練
不要調參
請停用 AutoML
不需要超參數搜尋
用預設參數訓練一次
跳过超参数优化
别调参了，直接跑
先不调参
不想做超参搜索
没有时间做调参
沒有預算做AutoML
AutoML就不用了
调参就算了
何必调参？
为什么要用AutoML？直接训练就行
能不能不用AutoML？
可以关闭AutoML吗
AutoML？不用。
不是調參，而是直接訓練
不要数据增强，也不要调参
只訓練一次就好
单次训练
只跑一次，用默认配置
把自动调参关掉
无需搜索，普通训练
別浪費時間調參
训练行人重识别，不用AutoML
AutoML 設為關閉
不做网格搜索
先用AutoML，算了，还是直接训练吧
Train a ResNet-50 on Market-1501, nothing fancy, no search over parameters.
AutoML isn't something I want today.
Please leave the hyperparameters alone and train the model.
We already know good hyperparameters, so there's no reason to tune again.
Quick sanity check: one epoch, one run, no tuning.
I said no sweeps!
Could we do this without any hyper-parameter optimisation?
no automl plz, deadline in 1h
switch the automl thing off
Train normally.
Only a baseline run with the stock config.
Skip all the HPO stuff
Never mind the sweep, train a single model.
The GPU is expensive, so don't run multiple trials.
Set automl to off
这次就不要自动调参了
用默认超参数跑一遍就行
超参数我已经选好了，不需要再搜索
請不要進行超參數調整
AutoML先关了吧，只想训一个基线
不用那么麻烦，直接训练就好
幫我跑一次普通的訓練
I just want a baseline, please don't go searching.
Deactivate the hyperparameter optimization for this job
no need for automl, thanks
We are in a hurry: single training, defaults.
AutoML must stay off
do a normal training run on duke
HPO isn't worth it
Train one model with the given parameters
I'm not asking for a sweep
turn automl off
Let's do without tuning this time
不跑搜索，就用默认值
别开AutoML
這次不用調參，跑一遍就好
AutoML关一下，谢谢
没必要做超参优化
""".strip().splitlines()

ON = """
Tune the hyperparameters
tune it
Why would I disable AutoML? Tune it.
please tune lr and margin
find the best hyperparameters
search for the best learning rate
run 20 trials
run a sweep over lr
not plain training but AutoML
plain training? No, use AutoML.
Just train... no wait, run HPO.
why not use AutoML?
why don't you run a sweep?
AutoML: yes
AutoML please
HPO
HPO? Yes please.
auto ml on
don't forget to use AutoML
can you run hyperparameter tuning?
turn off wandb and use AutoML
no augmentation, but do run HPO
use AutoML with no augmentation
use AutoML rather than a single run
launch a hyperparameter sweep
kick off the sweep
I want you to run HPO
let's do a random search
don't use imagenet weights, use AutoML
start with the default settings, then tune
try different learning rates
use AutoML to avoid overfitting
AutoML enabled please
optimize the hyperparameters
use Optuna
不是不用AutoML，而是要多跑几次
請啟用AutoML
打開自動調參
用AutoML
做一下超参搜索
幫我調參
需要調參
为什么不用AutoML？
不是普通训练，而是AutoML
不要普通訓練，要AutoML
开启自动机器学习
自動調參，謝謝
跑超參數優化
先直接训练，然后调参
关闭wandb，开启AutoML
搜索最优学习率，调参
Make the most of the night: search the hyperparameters.
I would like AutoML to pick the learning rate.
Could you tune this for me?
Please use hyperparameter search, but no augmentation.
yes, use automl
Single run is not enough, sweep it
Run an HPO with 30 trials and don't upload to wandb
帮我找一组最好的超参数
請用AutoML跑一個晚上
不要只训练一次，用AutoML调参
I want to optimise the learning rate and the margin
Let AutoML do its thing
Start an HPO sweep with 50 trials
Turn AutoML back on
Don't just run once, tune the hyperparameters
麻烦开一下AutoML
我要做超参数搜索
不要關閉，請打開AutoML
""".strip().splitlines()

AUTO = """
no augmentation
search query
turn off wandb
one run folder
don't use imagenet weights
don't turn off AutoML
I can't live without AutoML
why would anyone disable AutoML?
Who would skip HPO?
Should we use AutoML?
Is AutoML on?
what is AutoML?
how do I turn off AutoML?
how could I skip HPO?
whether to use AutoML is up to you
AutoML: auto
fine-tune the model
don't fine-tune the backbone
disable AutoML logging
no sweep folder please
don't use wandb with AutoML
no augmentation in the sweep
turn off augmentation during tuning
don't tune the backbone
use the default batch size
person search dataset
standard training data
only train the head
normal training augmentation
skip the query images
without pretrained weights
not sure about AutoML
I don't care about AutoML
something is wrong with AutoML
my results are in runs/automl/1
see automl.yaml
the last sweep crashed
Turn off AutoML? No.
it is not that we don't use AutoML
beam search
train on Market-1501 for 60 epochs
lr = 0.1
stop early
one GPU only
ohne Augmentierung trainieren
不要用预训练权重
不要用預訓練權重
不是不用AutoML
不能不用AutoML
別關閉AutoML
难道不用AutoML吗？
要不要用AutoML？
是否需要調參
AutoML是什么
不要微调
关闭wandb
關閉AutoML的日誌
不要保存搜索结果
行人搜索
不做行人搜索
不要用wandb做调参
怎么关闭AutoML？
怎麼能不用AutoML
打开文件
训练行人重识别
区别不大
没关系
用默认学习率
Don't you dare turn off AutoML
evaluate on the query set without re-ranking
Is HPO any good for reid?
Don't overwrite the old sweep
train on my camera data with no horizontal flip
no need to save the trial checkpoints
disable early stopping
用我的数据训练，不要水平翻转
AutoML好用吗？
不要把AutoML關掉
train a model
find the best checkpoint
leave the learning rate alone
Without a validation split
no early stopping, no mixed precision
don't remove the sweep results
Does the sweep resume?
never turn off AutoML
train on two gpus with batch size 64
这个模型怎么调参？
不要删除旧的搜索记录
""".strip().splitlines()

TABLE = [
    (text, says) for texts, says in ((OFF, "off"), (ON, "on"), (AUTO, "auto")) for text in texts
]


@pytest.mark.parametrize(("sentence", "policy"), TABLE)
def test_table_of_sentences(sentence: str, policy: str) -> None:
    assert read_policy(None, sentence).policy == policy


PHRASES = sorted(" ".join(words) for words in vocabulary().letters)


def policy_of(text: str) -> str:
    """Return the policy of ``text``, or what reading it is refused with."""
    try:
        return read_policy(None, text).policy
    except PolicyError as error:
        return str(error)


@given(st.text())
def test_any_text_gives_a_policy(text: str) -> None:
    assert policy_of(text) in get_args(Policy)


@given(st.lists(st.sampled_from([*PHRASES, *".,:?!", "wandb", "AutoML"]), max_size=30))
def test_any_words_give_a_policy_or_ask_for_both(words: list[str]) -> None:
    policy = policy_of(" ".join(words))
    assert policy in get_args(Policy) or "for AutoML and against it" in policy


@pytest.mark.parametrize(
    "piece", ["no ", "no HPO ", "AutoML the not ", "x f the no ", "不", "调参", "? "]
)
def test_long_texts_are_read(piece: str) -> None:
    assert policy_of(piece * (100_000 // len(piece))) in get_args(Policy)


def test_reasons_say_what_was_read() -> None:
    def reason(text: str) -> str:
        return read_policy(None, text).reason

    assert reason("train reid, no  HPO") == "the request says 'no HPO'"
    assert reason("use the AutoML") == "the request says 'use the AutoML'"
    assert reason("Do not turn off AutoML") == (
        "the request rules out 'turn off AutoML', so the default holds"
    )
    assert reason("no wandb") == "the request says nothing of AutoML, so the default holds"
    assert reason("Should we use AutoML?") == (
        "nothing was read from the request but the words 'AutoML', so the default holds"
    )
    assert reason("關閉AutoML") == "the request says '關閉AutoML'"
