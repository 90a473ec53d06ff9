#!/usr/bin/env bash
# Stop what slurm_up.sh started and remove its configuration.
# Usage: slurm_down.sh FOLDER
set -uo pipefail
base=$1
scancel --user root 2> /dev/null
for _ in $(seq 20); do
    [ -z "$(squeue -h 2> /dev/null)" ] && break
    sleep 0.5
done
for daemon in "$base/slurmd.pid" "$base/slurmctld.pid" /run/munge/munged.pid; do
    [ -s "$daemon" ] || continue
    pid=$(cat "$daemon")
    kill "$pid" 2> /dev/null
    for _ in $(seq 20); do
        kill -0 "$pid" 2> /dev/null || break
        sleep 0.5
    done
done
head -n 1 /etc/slurm/slurm.conf 2> /dev/null | grep -q "for a test of a workflow" &&
    rm /etc/slurm/slurm.conf
exit 0
