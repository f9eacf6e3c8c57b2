#!/usr/bin/env bash
# A sweep on a SLURM allocation: one Ray node a machine, the driver on the first of them.
#   sbatch --nodes 4 --gpus-per-node 4 experiments/cluster/slurm.sh --data /shared/data --trials 100
# Everything behind the script goes to `automl run`. See README.md, section SLURM.
#SBATCH --job-name=automl
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
#SBATCH --signal=B:TERM@120
set -euo pipefail

run_dir=${RUN_DIR:-$PWD/runs/slurm-${SLURM_JOB_ID:?start it with sbatch}}
port=${RAY_PORT:-6379}
cpus=${SLURM_CPUS_PER_TASK:-16}
gpus=${SLURM_GPUS_ON_NODE:-0}
mapfile -t hosts < <(scontrol show hostnames "${SLURM_JOB_NODELIST:?}")
head=${hosts[0]}
head_ip=$(srun --nodes=1 --ntasks=1 -w "$head" hostname --ip-address | awk '{print $1}')

# Every node shows the same token; it is in the environment of this job alone.
RAY_AUTH_MODE=token
RAY_AUTH_TOKEN=$(python3 -c 'import secrets; print(secrets.token_hex(32))')
export RAY_AUTH_MODE RAY_AUTH_TOKEN

node() {  # HOST ARGUMENTS...: one Ray node, for as long as the job lives
  local host=$1
  shift
  srun --nodes=1 --ntasks=1 --overlap -w "$host" \
    ray start --block --num-cpus "$cpus" --num-gpus "$gpus" "$@" &
  step=$!
  trap 'kill $step 2> /dev/null; exit' TERM
  wait $step
}

# On a busy machine a node may miss the 30 s that Ray gives it to start: then it tries again.
worker() {  # HOST: a node that starts up to four times, where it fails or is lost
  for _ in 1 2 3 4; do
    node "$1" --address "$head_ip:$port" && return
    echo "slurm.sh: the Ray node on $1 ended with code $?" >&2
    sleep 5
  done
}

node "$head" --head --node-ip-address "$head_ip" --port "$port" &
for _ in $(seq "${HEAD_WAIT_S:-60}"); do
  if srun --nodes=1 --ntasks=1 --overlap -w "$head" ray status --address "$head_ip:$port" \
    > /dev/null 2>&1; then break; fi
  sleep 1
done
for host in "${hosts[@]:1}"; do
  worker "$host" &
done

# A requeued job goes on with its sweep; a new one begins it.
if [ -f "$run_dir/plan.yaml" ]; then
  what=(--resume "$run_dir")
else
  what=(--output "$run_dir" "$@")
fi
srun --nodes=1 --ntasks=1 --overlap -w "$head" \
  automl run --yes --address "$head_ip:$port" "${what[@]}" &
driver=$!
trap 'kill -TERM $driver' TERM  # SLURM's warning: running trials write a checkpoint, then the end
while true; do
  wait $driver && code=0 || code=$?
  kill -0 $driver 2> /dev/null || break  # it was the signal that ended the wait
done
kill $(jobs -p) 2> /dev/null || true
exit $code
