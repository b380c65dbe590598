#!/bin/bash
# Steps of barrier tasks over a network of a known rate: each task in a JVM in a network namespace of its own, joined by a bridge.
# Prints lines for StepSimulation. Runs as root, on Linux; nothing of it can be reached from outside, and nothing stays.
#
#   exchange.sh RATE HOSTS CASES... -- JAVA AND ITS OPTIONS, SUCH AS -cp
#
# such as exchange.sh 100mbit 2 784-128-64-10:0:1024,8192 -- java --add-modules=jdk.incubator.vector -cp ...
set -eu
rate=$1 hosts=$2
shift 2
cases=()
while [ "$1" != -- ]; do cases+=("$1"); shift; done
shift

readonly name=lx$$
clean() {
  local i
  trap - EXIT INT TERM
  kill $(jobs -p) 2>/dev/null || true
  for ((i = 0; i < hosts; i++)); do ip netns del "$name-$i" 2>/dev/null || true; done
  ip netns del "$name-switch" 2>/dev/null || true
}
trap clean EXIT INT TERM

all=()
ip netns add "$name-switch"
ip -n "$name-switch" link add bridge type bridge
ip -n "$name-switch" link set bridge up
for ((i = 0; i < hosts; i++)); do
  ip netns add "$name-$i"
  ip -n "$name-$i" link set lo up
  ip -n "$name-$i" link add eth0 type veth peer name "port$i" netns "$name-switch"
  ip -n "$name-$i" address add "10.78.0.$((i + 1))/24" dev eth0
  ip -n "$name-$i" link set eth0 up
  ip -n "$name-switch" link set "port$i" master bridge
  ip -n "$name-switch" link set "port$i" up
  # Both ways: what a host sends, and what its port of the switch sends to it.
  ip netns exec "$name-$i" tc qdisc add dev eth0 root tbf rate "$rate" burst 128kb latency 100ms
  ip netns exec "$name-switch" tc qdisc add dev "port$i" root tbf rate "$rate" burst 128kb latency 100ms
  all+=("10.78.0.$((i + 1))")
done
addresses=$(IFS=,; echo "${all[*]}")
for ((i = 1; i < hosts; i++)); do
  ip netns exec "$name-$i" "$@" lanewise.spark.training.ExchangeBench "$i" "$addresses" "$rate" "${cases[@]}" &
done
ip netns exec "$name-0" "$@" lanewise.spark.training.ExchangeBench 0 "$addresses" "$rate" "${cases[@]}"
wait
