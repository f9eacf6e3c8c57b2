"""What a request sentence says of AutoML: a table of sentences, and any text at all."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import PolicyError
from automl.policy import Policy, read_policy
from automl.policy.vocabulary import vocabulary

OFF = """
Name the run baseline without hpo
no-hpo run
a no-hpo baseline please
Name the run hpo-sweep but don't tune anything
call the run automl-1, no HPO
Call off the sweep
call it off: no sweep
use the defaults, output automl-runs/1
Run plain-training
no automl, name it sweep-1
set automl to off
save time: no hpo
AutoML: off, name: x-1
please run no-hpo
train with no hpo
run it with no search
training with no sweep
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
Train it once with the spec as it is, please.
I only need a single training, nothing to optimise.
no tuning needed here, the numbers in the yaml are fine
Skip the search this time and just fit the model.
dont run a sweep, i only have an hour
Please leave the learning rate and everything else exactly as they are.
AutoML is off the table for this job.
We've already tuned this one; simply retrain it on the new crops.
Plain run, please.
Could you train without hunting for hyperparameters?
hpo: false
Keep automl disabled
I'd rather not search this time.
One-off training on Market, defaults all the way.
There's no need to try different configurations.
Nobody asked for a sweep. Train the thing.
Let's hold off on hyperparameter optimisation until the data is clean.
Just a normal training job with these settings.
withuot automl pls
Never mind the sweep, one training will do.
Use my parameters, do not change any of them.
A sweep would be overkill, train it straight away.
只训练一次就好，不要搜索参数
这次不调参，直接用默认配置跑
先别搞超参优化，数据还没清洗完
用現成的參數訓練就可以了，不必再搜尋
不需要自动机器学习，普通训练即可
請把自動調參關掉
参数保持不变，训练一个模型
We only get the machine until noon, so one fit and nothing more.
Give me a baseline first; hyperparameter search another time.
I have my numbers. Please train with exactly those.
This is a smoke test, so no trials please.
Refrain from any kind of parameter search.
Can I get a model without the whole tuning business?
automl must not run here
My boss said no sweeps on the shared node.
Reproduce the paper: same hyperparameters, single run.
plz no hyperparam optmization
Let's not tune.
I would prefer an ordinary training to a sweep.
Switching AutoML off would be great.
just teh default config, one trianing run
There is nothing to search, all values are settled.
这台机器很忙，只做一次普通训练
参数我自己定，不要替我搜
請照原本的設定訓練，不用找參數
今天没空调参，直接出一个模型
Spare us the hyperparameter hunt and fit the network once.
We are only checking the data loader, so no optimisation at all.
Use exactly the values from the paper and nothing else.
The tuning budget is zero.
I'm fine with the defaults.
AutoML? Not this time.
Stay with the present configuration and train.
Don't launch more than a single run, please.
先用默认配置跑通流程，调优以后再做
不必自動調參，給我一個基線模型
Hi, could you kick off a training with whatever is in config.yaml? No need to tweak anything.
I know hyperparameter search is usually worth it, but here I only need a quick sanity check.
Please make sure that no sweep gets started.
Do you mind not searching for hyperparameters here?
The sweep finished yesterday, now retrain with the winning values.
Everything stays as configured, go.
就按配置文件里的参数来，别改
Last time we used HPO, this time not.
We do not need several runs.
No parameter may be altered.
All parameters should stay fixed.
Nothing needs to be tuned.
上次用了AutoML，这次不用
不要修改任何参数
Turn the automl feature off until further notice.
别折腾了，按默认来训一个就行
As much as I like AutoML, not today.
Do everything but tune.
Mind skipping the sweep?
A search makes little sense here.
While HPO would probably help, let's train with what's in the config.
No experiments with the parameters today.
已有最佳參數，請勿再調整參數
Cheers mate, no need to faff about with hyperparameters, just give it a bog-standard run
Can't be bothered with a sweep today
Give the tuning a miss this time
I'd sooner not sweep, ta
Let's knock the hyperparameter search on the head
Keep it simple: one model, packaged values
No tunning please
dont run hpo ok?
skip teh hyperparamater serach
Run it as is.
Train as-is, thanks.
Use whatever the defaults are, I don't want any search.
We're fine with what's in the spec, no optimisation needed.
HPO: disabled
automl=false please
hpo = off
It's a debugging session, therefore no HPO.
Under no circumstances start a sweep.
Please don't let Optuna near this one.
A plain old training is all I need.
Only one trial.
Just the one training, please.
no search, no sweep, no nothing
I don't fancy a sweep.
Do not explore hyperparameters; the values are given.
don't mess with the hyperparameters
Hands off the hyperparameters!
train w/o hpo
I've no time for hyperparameter optimisation, just crack on with training
这个就别搜了，直接训
随便训一个就行，参数用默认的
不用搜超参，跑个baseline就好
这次 no HPO，只 train 一次
AutoML 請先關起來
不要跑 sweep
默认config跑一次
今天就不調參了
麻煩用預設值訓練即可
不想浪費算力搜參數
""".strip().splitlines()

ON = """
Name the run no-hpo-baseline and use hpo
Name the run no-hpo-baseline and run a sweep
save it in runs/no-hpo, with HPO
call the sweep no-tuning and tune the hyperparameters
run auto-ml
do a hyper-parameter search
use hpo; output runs/plain-training
use auto-ml in this run
switch automl/hpo on
Run a sweep called no-hpo-check
store it in auto-ml-runs and use automl
I want a hyper-parameter-search
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
Find me the best learning rate and margin.
Run a sweep over thirty trials overnight.
Try out a few batch sizes and see which one wins.
Tune the thing until mAP stops improving.
pls optimze the hyper params
I'm not happy with the defaults, look for better ones.
Turn AutoML on again.
What settings give the highest rank-1? Search for them.
Don't settle for a single run, explore the space.
Switch hyperparameter search on, we have eight GPUs for the weekend.
Let Optuna pick the weight decay.
Just run the sweep.
one run is not enough; do an HPO with 20 trials
帮我找一组最好的超参数
默认参数效果太差，请搜索更好的
請開啟 AutoML，跑三十個試驗
多试几组学习率，看哪个最好
單次訓練不夠，請做超參數搜尋
The defaults were made for another data set, so tune them for mine.
Let it run all night and come back with the strongest configuration.
I want to know which learning rate works best, try a dozen.
Please do search this time, I was wrong to skip it.
Give AutoML forty trials.
Could we squeeze more mAP out of it with a hyperparameter search?
Re-tune everything for the new cameras.
Why not sweep?
plain training was not enough, optimise the parameters
Go ahead with the sweep.
学习率和批大小都拿不准，帮我搜一搜
別只跑預設值，我想要最好的參數
The margin and the learning rate are guesses, please optimise them.
Start a search as soon as the GPUs are free.
I need better settings than these.
Run the automl for two hours.
Surely a sweep would help; do one.
Try 20 different configurations and keep the best.
We can't live with the default values, so sweep.
No more single runs, I want a full search.
如果默认参数不行的话就没意义了，请自动调参
The learning rate has to be tuned.
Would you be so kind as to run a hyperparameter search?
Choose the hyperparameters for me.
试试不同的学习率
Rather than guessing the margin, have AutoML determine it.
这次不要偷懒，认真做一轮超参数搜索
I would rather have a sweep than a single run.
Shouldn't we tune this? Yes, do it.
Search over lr in [1e-5, 1e-3].
Would be great if you could tune the learning rate overnight.
start a sweep w/ 10 trials, dont touch the data
我不想手动试参数，交给AutoML吧
I skipped tuning so far, but now I want it.
Go nuts with the hyperparameter search
sweep pls
Have a go at tuning the learning rate and weight decay
Could you run a wee sweep over the margin?
Let's see if HPO gets us a better mAP
Find out which batch size is best
we want automl on for this one
tune lr, wd & margin over night
Crank up a search, 40 trials
I'd love a hyperparameter sweep
Please optimise hyper-parameters with Bayesian optimisation
do the whole HPO thing
My defaults are rubbish, please tune
帮忙调一下学习率
開AutoML跑一晚
請幫我找最好的參數組合
用 HPO 找最佳 learning rate
多跑几组参数对比一下
""".strip().splitlines()

AUTO = """
Name the run no-hpo-baseline
name the run no_hpo_baseline
Call it hpo-off
store it in runs/no-hpo
output to no-sweep-test
run named 'no hpo baseline'
with output folder without-automl
name it plain-training
save as no-hpo.
save it as no-hpo-1
experiment no-hpo-baseline
titled no-automl
project name: no-tuning
tag it no-tuning
Name: automl-run
name the run automl-on
call this job tune-it
please label the experiment "plain training"
write the results to runs/hpo-off-2
the run's name is no-hpo-baseline
run name = without-hpo
Train it and call the run vanilla-baseline
start from the run no-hpo-baseline
Name this training automl_off_v2
compare with the earlier run no-hpo
put it in the no-automl folder
name it hpo
a job called no-tuning
call the run sweep
The run should be called no-hpo
Use "no-hpo" as name
Let the run be named no-hpo-baseline
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
Train a person re-identification model on my crops.
What does mAP mean?
Use the data in /data/shop and write to runs/shop.
Export the champion to ONNX.
Train a ResNet-50 for 60 epochs with a batch of 64.
How is the weather in Zurich?
I have two cameras and 300 people.
Evaluate the checkpoint on the gallery.
The model should run on an edge device.
请用 /data/shop 里的图片训练一个行人重识别模型
把最好的模型匯出成 ONNX
The crops come from a supermarket with nine cameras.
Please write the report to /tmp/report.html.
Is a triplet loss better than a softmax loss?
Train for 120 epochs and keep the best three checkpoints.
Turn the images upside down half of the time.
Use SGD with momentum 0.9.
图片都放在 crops 目录下
請訓練六十個週期
Please don't turn the tuning off.
Which cameras see the entrance?
Write embeddings to a parquet file.
Train on the crops of last week.
请把训练日志发给我
The network was trained once before on MSMT17.
Tune in to the log and tell me when it crashes.
Train once a day at midnight.
I have run this once and it crashed.
Don't touch the gallery set.
I'm working on image search for a retail chain.
Please search the web for the licence of Market-1501.
上次没调参
Why did the sweep stop?
With AutoML we got 75 mAP last year.
I don't want the defaults.
Let me see the default values.
Print the default settings.
Please don't change anything in the docs.
We use AutoML in another project.
跑一次评估
train with tuned backbone weights
no dropout please
tuning fork dataset
what does the sweep cost?
把batch size设为64
图片搜索任务
retrieval search engine demo, 20 epochs
""".strip().splitlines()

# What a person reads and the grammar does not: the default holds, never the opposite.
UNREAD = """
Leave the search out of it this time.
The last three sweeps brought nothing; train it with what we have.
The parameters are in base.yaml, please take them as they are.
If there's a sweep planned, cancel it.
I tried the defaults yesterday and got 61 mAP. See if a sweep does better.
We stopped tuning last month, please resume it now.
Prefer the defaults over a search.
Just give me a model.
Would it be okay to leave AutoML out for this job?
麻煩跑一次完整的超參數搜尋，謝謝
""".strip().splitlines()

TABLE = [
    (text, says)
    for texts, says in ((OFF, "off"), (ON, "on"), (AUTO + UNREAD, "auto"))
    for text in texts
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
    "piece",
    [
        "no ",
        "no HPO ",
        "AutoML the not ",
        "x f the no ",
        "不",
        "调参",
        "? ",
        "a-",
        "the run as ",
        "in x.",
    ],
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
