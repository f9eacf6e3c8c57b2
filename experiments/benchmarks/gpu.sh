#!/bin/sh
# What is to be measured on a machine with a GPU, in 8 minutes at most: marked tests, images/s against
# the network alone, four trials on one GPU, the memory probe, the fused optimiser step. Each part
# prints one line of JSON and has a limit of its own; one that fails does not end the others.
#
#   experiments/benchmarks/gpu.sh > figures.jsonl
#   experiments/benchmarks/gpu.sh --tiny   # shows that every part runs, on a CPU too
#
# Exit code: 0, 1 where a part failed, 3 without a GPU. PYTHON: the interpreter [.venv/bin/python].
set -u
cd "$(dirname "$0")/../.." || exit 1
python=${PYTHON:-.venv/bin/python}
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" HF_HUB_OFFLINE=1

tiny=
case "${1:-}" in
  --tiny) tiny=--tiny ;;
  "") "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' || {
        echo "gpu.sh: no GPU here, so nothing was measured; --tiny shows on a CPU that the parts run" >&2
        exit 3
      } ;;
  *) echo "gpu.sh: only --tiny is known, not $1" >&2; exit 2 ;;
esac

failed=
part() {  # NAME SECONDS
  # 460 s in all; on a CPU, where only the commands are tried, ten times as long
  [ -z "$tiny" ] && limit=$2 || limit=$(($2 * 10))
  timeout --kill-after=5 "$limit" "$python" experiments/benchmarks/gpu/part.py "$1" $tiny
  code=$?
  [ "$code" = 0 ] && return
  failed="$failed $1"
  [ "$code" = 124 ] && why="not done after $limit s" || why="exit code $code"
  echo "{\"part\": \"$1\", \"failed\": \"$why\"}"
}

part tests 100
part fused 40
part memory 60
part throughput 140
part packing 120
[ -z "$failed" ] || { echo "gpu.sh: failed:$failed" >&2; exit 1; }
