#!/usr/bin/env bash
# Start a Slurm of one node on the loopback interface, without systemd; install it where apt can.
# Exit code 77: it cannot run here, and the last line of the output says why.
# Usage: slurm_up.sh FOLDER, for its state and logs.
set -euo pipefail
base=$1
config=/etc/slurm/slurm.conf
mark="# One node on loopback, for a test of a workflow."

skip() {
    echo "$1"
    exit 77
}

[ "$(id -u)" = 0 ] || skip "Slurm's daemons need root"
if [ -e "$config" ] && [ "$(head -n 1 "$config")" != "$mark" ]; then
    skip "this machine has a Slurm already ($config)"
fi
if ! command -v slurmctld slurmd munged > /dev/null; then
    command -v apt-get > /dev/null || skip "there is no Slurm, and no apt-get to install it"
    export DEBIAN_FRONTEND=noninteractive
    (apt-get update && apt-get install -y slurm-wlm munge) > /tmp/slurm-install.log 2>&1 ||
        skip "apt-get could not install slurm-wlm and munge, see /tmp/slurm-install.log"
fi

host=$(hostname -s)
memory_mb=$(awk '/MemTotal/ {print int($2 / 1024 * 0.8)}' /proc/meminfo)
install -d -m 0755 "$base" "$base"/{state,spool,log} /etc/slurm
install -d -m 0755 -o munge -g munge /run/munge
# The plugins pass no SLURM_CONF on, so the file is where Slurm looks for it.
cat > "$config" << CONF
$mark
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
MpiDefault=none
SwitchType=switch/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0,batch_sched_delay=0
ReturnToService=2
MinJobAge=3600
SlurmdTimeout=30
StateSaveLocation=$base/state
SlurmdSpoolDir=$base/spool
SlurmctldPidFile=$base/slurmctld.pid
SlurmdPidFile=$base/slurmd.pid
SlurmctldLogFile=$base/log/slurmctld.log
SlurmdLogFile=$base/log/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory_mb State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF

runuser -u munge -- /usr/sbin/munged --pid-file=/run/munge/munged.pid
munge -n | unmunge > /dev/null
slurmctld
slurmd
for _ in $(seq 30); do
    [ "$(sinfo -h -o %T 2> /dev/null)" = idle ] && exit 0
    sleep 1
done
echo "Slurm did not come up:"
tail -n 20 "$base"/log/*.log
exit 1
