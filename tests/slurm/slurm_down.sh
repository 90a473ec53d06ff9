#!/usr/bin/env bash
# Stop what slurm_up.sh started and remove its configuration.
# Usage: slurm_down.sh FOLDER
set -uo pipefail
base=$1
config=/etc/slurm/slurm.conf
head -n 1 "$config" 2> /dev/null | grep -q "for a test of a workflow" || exit 0

scancel --user root
for _ in $(seq 20); do
    [ -z "$(squeue -h)" ] && break
    sleep 0.5
done
for file in "$base/slurmd.pid" "$base/slurmctld.pid" /run/munge/munged.pid; do
    [ -s "$file" ] || continue
    pid=$(cat "$file")
    kill "$pid"
    for _ in $(seq 20); do
        kill -0 "$pid" 2> /dev/null || break
        sleep 0.5
    done
done
rm "$config"
