#!/bin/bash
# A standalone cluster of Spark on one machine whose hosts are network namespaces, and trainings on it that are disturbed in the middle:
# hosts that are taken off the network for a while or for good, hosts that are cut off from each other, an executor and a driver
# that are killed. Each training must end with the fingerprint of one process; the exit status is 1 if one does not.
#
#   mvn -q -Phosts                                 all
#   mvn -q -Phosts -Dargs="steps:lost barrier:brief"
#
# Arguments: the class path; JVM options of Spark, in one word; then pairs of a way (steps, barrier, auto) and what happens. Runs as
# root, on Linux. Nothing of it can be reached from outside, and nothing stays.
set -u

# What a host sends in a second at most.
readonly RATE=400mbit
# The step that the driver has said when something happens: of 80, in the second epoch of five.
readonly STEP=24
# Seconds for which a host is off the network, less than Spark's timeouts, and for which hosts are cut off from each other, more.
readonly BRIEF=6 LONG=45

readonly classpath=$1 options=$2
shift 2
runs=("$@")
[ $# -gt 0 ] || runs=({steps,barrier}:{lost,brief,apart,executor,driver} auto:lost)

readonly name=lw$$
readonly here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly java=${JAVA_HOME:+$JAVA_HOME/bin/}java
readonly hosts=(switch master driver worker1 worker2 worker3)
readonly network=10.77.0
readonly folder=$(mktemp -d)
mkdir -p "$folder/home/jars"

host() { ip netns exec "$name-$1" "${@:2}"; }
address() { local i; for i in "${!hosts[@]}"; do [ "${hosts[i]}" = "$1" ] && echo "$network.$i"; done; }
port() { ip -n "$name-switch" link set dev "$1" "${@:2}"; }

# Ends all processes on a host.
empty() {
  local pids
  pids=$(ip netns pids "$name-$1" 2>/dev/null)
  [ -z "$pids" ] || kill -9 $pids 2>/dev/null
}

clean() {
  trap - EXIT INT TERM HUP
  local each
  kill $(jobs -p) 2>/dev/null
  for each in "${hosts[@]}"; do empty "$each"; done
  wait 2>/dev/null
  for each in "${hosts[@]}"; do ip netns del "$name-$each" 2>/dev/null; done
  if [ "${1:-0}" = 0 ]; then rm -rf "$folder"; else echo "logs: $folder"; fi
  exit "${1:-0}"
}
trap 'clean 1' EXIT
trap 'rm -rf "$folder"; clean 130' INT TERM HUP

# A host is a namespace with one interface, whose other end is a port of the switch.
network() {
  local each
  for each in "${hosts[@]}"; do
    ip netns add "$name-$each" || clean 1
    ip -n "$name-$each" link set lo up
  done
  ip -n "$name-switch" link add bridge type bridge
  ip -n "$name-switch" link set bridge up
  for each in "${hosts[@]:1}"; do
    ip -n "$name-$each" link add eth0 type veth peer name "$each" netns "$name-switch"
    ip -n "$name-$each" address add "$(address "$each")/24" dev eth0
    ip -n "$name-$each" link set eth0 up
    port "$each" master bridge
    port "$each" up
    host "$each" tc qdisc add dev eth0 root tbf rate "$RATE" burst 256kb latency 50ms
  done
}

# Runs a class on a host: host, then options and class. Takes the place of the shell, which so says nothing where it is killed.
launch() {
  local at
  at=$(address "$1")
  SPARK_HOME=$folder/home SPARK_SCALA_VERSION=2.13 SPARK_LOCAL_IP=$at SPARK_LOCAL_HOSTNAME=$at \
    exec ip netns exec "$name-$1" "$java" $options --add-modules=jdk.incubator.vector -Xmx1g -cp "$classpath" \
    "-Dlog4j2.configurationFile=file:$here/log4j2.properties" -Dspark.worker.timeout=15 "${@:2}"
}

# Waits for a line of a file, so many of them, as long as Spark runs.
await() {
  local i
  for ((i = 0; i < 600; i++)); do
    [ "$(grep -cs "$2" "$1")" -ge "$3" ] 2>/dev/null && return
    sleep 0.1
  done
  echo "no \"$2\" in $1 for a minute"
  clean 1
}

cluster() {
  local each
  for each in "${hosts[@]:1}"; do empty "$each"; done
  : >"$folder/master"
  launch master org.apache.spark.deploy.master.Master --host "$(address master)" --port 7077 2>>"$folder/master" >&2 &
  disown
  await "$folder/master" "elected leader" 1
  for each in worker1 worker2 worker3; do
    launch "$each" org.apache.spark.deploy.worker.Worker --host "$(address "$each")" --cores 1 --memory 1g \
      --work-dir "$folder/$each" "spark://$(address master):7077" 2>"$folder/$each.log" >&2 &
    disown
  done
  await "$folder/master" "Registering worker" 3
}

# A driver in a training: the way and the folder for checkpoints.
drive() {
  launch driver "-Dspark.master=spark://$(address master):7077" "-Dspark.driver.host=$(address driver)" \
    -Dspark.ui.enabled=false -Dspark.executor.memory=1g -Dspark.scheduler.minRegisteredResourcesRatio=1 \
    -Dspark.network.timeout=20s -Dspark.network.timeoutInterval=5s -Dspark.executor.heartbeatInterval=3s \
    -Dspark.scheduler.barrier.maxConcurrentTasksCheck.interval=3s -Dspark.lanewise.training.ports=21000-21099 \
    "-Dspark.executor.extraClassPath=$classpath" \
    "-Dspark.executor.extraJavaOptions=--add-modules=jdk.incubator.vector -Dlog4j2.configurationFile=file:$here/log4j2.properties" \
    lanewise.spark.training.StandaloneRun "${1^^}" "$2"
}

# What happens when the driver has said its step.
strike() {
  local each
  case $1 in
    lost) port worker2 down ;;
    brief)
      port worker2 down
      (host switch sleep "$BRIEF"; mend) &
      ;;
    apart)
      for each in worker{1,2,3}; do port "$each" type bridge_slave isolated on; done
      (host switch sleep "$LONG"; mend) &
      ;;
    executor) kill -9 $(executor worker2) ;;
    driver) empty driver ;;
    *) echo "$1: lost, brief, apart, executor or driver expected"; clean 2 ;;
  esac
}

# The network as it was.
mend() {
  local each
  for each in worker{1,2,3}; do
    port "$each" up
    port "$each" type bridge_slave isolated off
  done
}

executor() {
  local pid
  for pid in $(ip netns pids "$name-$1"); do
    grep -qz CoarseGrainedExecutorBackend "/proc/$pid/cmdline" && echo "$pid"
  done
}

# A training: its way, and what happens. Says how it went.
run() {
  local way=$1 what=$2 line struck='' trained='' said='' after=0
  cluster
  mkdir "$folder/checkpoints"
  : >"$folder/driver"
  while read -r line; do
    case $line in
      "step $STEP") [ -n "$struck" ] || { strike "$what"; struck=$SECONDS; } ;;
      step*) [ -z "$struck" ] || after=$((after + 1)) ;;
      removed* | warning*) [ -z "$struck" ] || said+="; $line" ;;
      trained*) trained=${line#trained } ;;
    esac
  done < <(
    exec 2>>"$folder/driver"
    (drive "$way" "$folder/checkpoints")
    [ "$what" != driver ] || (drive "$way" "$folder/checkpoints")
  )
  mend
  rm -r "$folder/checkpoints"
  local verdict="as in one process"
  if [ "$trained" != "$alone" ] || [ -z "$struck" ]; then
    verdict="NOT as in one process: $alone"
    failed=1
    mv "$folder/driver" "$folder/driver-$way-$what"
  fi
  echo "$way, $what after step $STEP: fingerprint ${trained:-none} $verdict ($after steps and $((SECONDS - struck)) s after that$said)"
}

network
failed=0
alone=$(SPARK_HOME=$folder/home launch driver -Dspark.master=local[1] -Dspark.ui.enabled=false \
  lanewise.spark.training.StandaloneRun ONE 2>"$folder/alone")
alone=${alone#trained }
echo "one process: fingerprint ${alone:?none; see $folder/alone}"
for each in "${runs[@]}"; do run "${each%:*}" "${each#*:}"; done
clean $failed
