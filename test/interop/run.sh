#!/bin/bash
# run.sh [PART...]: real clients against the lab, each PART of: switch router hosts client (all unless told).
#
#   switch   Linux clients and servers on both sides of a lab switch: test/oracles/try-clients.sh, over TAP and over VXLAN
#   router   the same with a lab router between, as far as it makes sense across one
#   hosts    lab hosts as the far end of Linux's clients
#   client   a lab host that pings, traces and looks up through a Linux router and dnsmasq
#
# Needs Linux, root, the build (npm ci makes it) and the Debian packages of test/oracles/clients.md; without them it says what it skips.
# Works in network namespaces of its own and takes them down; ends with a line "N passed, N failed", and 1 if any failed.
set -u
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
oracles=$here/../oracles
wirelab=$here/../../dist/cli/main.js
pass=0 fail=0 skipped=0
parts=("$@")
[ $# -gt 0 ] || parts=(switch router hosts client)

finish() {
  [ "$skipped" = 0 ] || echo "$skipped skipped"
  echo "$pass passed, $fail failed"
  [ "$fail" = 0 ]
  exit
}
skip_all() {
  skipped=${#parts[@]}
  echo "skipped: ${parts[*]}: $1"
  finish
}
[ "$(uname)" = Linux ] || skip_all 'namespaces and TAP devices are Linux'
[ "$(id -u)" = 0 ] || skip_all 'only root may make network namespaces'
[ -c /dev/net/tun ] || skip_all 'there is no /dev/net/tun'
[ -e "$wirelab" ] || skip_all 'there is no dist/cli/main.js; npm run build makes it'
for tool in ip:iproute2 ethtool:ethtool socat:socat python3:python3; do
  command -v "${tool%%:*}" >/dev/null || skip_all "${tool%%:*} is not installed (Debian package ${tool##*:})"
done
ip netns add "wl$$t" 2>/dev/null || skip_all 'network namespaces cannot be made here'
ip netns del "wl$$t"

# --- what all parts use

N1=wl$$a N2=wl$$b # the namespaces
W=$(mktemp -d /tmp/interopXXXXXX)
chmod 755 "$W"
PIDS=()
base=$((40000 + ($$ % 1000) * 8)) # UDP ports on loopback, two for each bridge
link=tap

bridge() { # bridge up NAME LOCAL REMOTE OPTIONS...: as tap-bridge.sh, over $link
  local verb=$1 name=$2
  shift 2
  [ $link = vxlan ] && set -- 42 "$@"
  "$oracles/$link-bridge.sh" "$verb" "$name" "$@"
}
door() { # door N: the lab's end of bridge N, whose Linux end sends from port 2N to port 2N+1
  local local=$((base + 2 * $1 + 1)) remote=$((base + 2 * $1)) kind=udp
  [ $link = vxlan ] && kind=vxlan:42
  echo "$kind:127.0.0.1:$local,127.0.0.1:$remote"
}
linux_end() { echo $((base + 2 * $1)) $((base + 2 * $1 + 1)); }
lab() { # lab TOPOLOGY PORT=BRIDGE...: runs it until the part ends
  local file=$here/$1.yaml options=() one
  shift
  for one; do options+=(--bridge "${one%%=*}=$(door "${one##*=}")"); done
  : >"$W/lab.log"
  node "$wirelab" run "$file" --quiet "${options[@]}" >>"$W/lab.log" 2>&1 &
  PIDS+=($!)
  LAB=$!
  for _ in $(seq 100); do
    grep -q '^ready' "$W/lab.log" && return 0
    kill -0 "$LAB" 2>/dev/null || break
    sleep 0.1
  done
  echo "the lab did not start:"
  cat "$W/lab.log"
}
c1() { ip netns exec "$N1" "$@"; }
c2() { ip netns exec "$N2" "$@"; }
background() { # background NAMESPACE COMMAND...
  ip netns exec "$@" >>"$W/background.log" 2>&1 </dev/null &
  PIDS+=($!)
}
clean_part() {
  local pid
  for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null; done
  for pid in "${PIDS[@]}"; do wait "$pid" 2>/dev/null; done
  [ -e "$W/lab.log" ] && sed '/^ready/d; s/^/        the lab: /' "$W/lab.log" && rm "$W/lab.log"
  PIDS=()
  bridge down "$N1" 2>/dev/null
  bridge down "$N2" 2>/dev/null
}
clean() {
  clean_part
  rm -rf "$W"
}
trap clean EXIT
trap 'exit 130' INT TERM

t() { # t NAME WANTED-REGEX SECONDS [c1] COMMAND...
  local name=$part-$1 want=$2 seconds=$3 out tool
  shift 3
  if [ "$1" = c1 ]; then
    shift
    tool=$1
    set -- ip netns exec "$N1" "$@"
  else tool=$1; fi
  if ! command -v "$tool" >/dev/null; then
    skipped=$((skipped + 1))
    echo "skipped $name: $tool is not installed"
    return
  fi
  out=$(timeout "$seconds" "$@" 2>&1 </dev/null)
  if grep -qE -- "$want" <<<"$out"; then
    pass=$((pass + 1))
    echo "ok      $name"
  else
    fail=$((fail + 1))
    echo "NOT OK  $name: wanted $want from: $*"
    sed 's/^/          /' <<<"$out" | tail -12
  fi
}

# Until ICMP errors to one address may come again as a burst of 6 (icmp_ratelimit, Linux's and the lab's); one about a
# route counts twice, in both.
rest() { sleep 6; }

servers() { # servers NAMESPACE ADDRESS: dnsmasq, nginx, iperf3 and a UDP echo
  printf '%s\n' interface=eth0 bind-interfaces no-resolv no-hosts user=root address=/a.lab/10.6.0.9 txt-record=t.lab,hello \
    host-record=c2.lab,10.6.0.2 pid-file="$W/dnsmasq.pid" >"$W/dnsmasq.conf"
  background "$1" dnsmasq -k -C "$W/dnsmasq.conf"
  background "$1" socat UDP4-LISTEN:7777,fork EXEC:cat
  if command -v nginx >/dev/null; then
    mkdir -p "$W/www"
    head -c 300000 /dev/zero | tr '\0' x >"$W/www/f"
    printf '%s\n' "daemon off; user root; pid $W/nginx.pid; error_log $W/nginx.err; events {}" \
      "http { access_log off; client_body_temp_path $W/a; proxy_temp_path $W/b; fastcgi_temp_path $W/c; uwsgi_temp_path $W/d; scgi_temp_path $W/e; server { listen 80; root $W/www; } }" >"$W/nginx.conf"
    background "$1" nginx -p "$W" -c "$W/nginx.conf" -e "$W/nginx.err"
  fi
  background "$1" iperf3 -s -p 5201
  sleep 1
}

# --- switch

try_clients() { # the checks of try-clients.sh across a switch; its own line of counts goes into ours
  local kind=udp out missing=
  [ "$1" = vxlan ] && kind='vxlan:$VNI'
  for tool in ping fping arping traceroute tracepath hping3 dig dnsmasq nc iperf3 nmap busybox dhclient curl nginx bird vtysh tshark tcpdump; do
    command -v $tool >/dev/null || missing="$missing $tool"
  done
  if [ -n "$missing" ]; then
    skipped=$((skipped + 39))
    echo "skipped switch over $1: not installed:$missing"
    return
  fi
  out=$(timeout 600 "$oracles/try-clients.sh" --link "$1" --between "node '$wirelab' run '$here/switch.yaml' --quiet \
    --bridge s1.1=$kind:127.0.0.1:\$A_LISTEN,127.0.0.1:\$A_SEND --bridge s1.2=$kind:127.0.0.1:\$B_LISTEN,127.0.0.1:\$B_SEND" 2>&1)
  sed "\$d; s/^\(ok      \|NOT OK  \)/\1switch-$1-/" <<<"$out"
  if [[ $(tail -1 <<<"$out") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    pass=$((pass + BASH_REMATCH[1])) fail=$((fail + BASH_REMATCH[2]))
  else
    fail=$((fail + 1))
    echo "NOT OK  switch-$1: try-clients.sh did not end"
  fi
}
switch_part() {
  try_clients tap
  try_clients vxlan
}

# --- router

router_part() {
  for link in tap vxlan; do
    part=router-$link
    across_router
    clean_part
  done
  link=tap
}
across_router() {
  bridge up "$N1" $(linux_end 0) --ip 10.5.0.1/24 --gw 10.5.0.254 || return
  bridge up "$N2" $(linux_end 1) --ip 10.6.0.2/24 --gw 10.6.0.254 || return
  bridge up "$N2" $(linux_end 2) --ip 10.7.0.2/24 --mtu 1400 --if eth1 --add || return
  lab router r1.eth0=0 r1.eth1=1 r1.eth2=2
  servers "$N2"
  t ping '3 received, 0% packet loss' 10 c1 ping -c 3 -i 0.2 10.6.0.2
  t ping-ttl 'ttl=63' 10 c1 ping -c 1 10.6.0.2
  t ping-8000-fragments '2 received, 0% packet loss' 10 c1 ping -c 2 -i 0.2 -s 8000 10.6.0.2
  t ping-65507 '1 received' 10 c1 ping -c 1 -s 65507 10.6.0.2
  t ping-record-route '10.6.0.254' 10 c1 ping -n -c 1 -R 10.6.0.2
  t ping-timestamp-option 'TS:' 10 c1 ping -c 1 -T tsonly 10.6.0.2
  t ping-timestamp-address '10.5.0.254' 10 c1 ping -n -c 1 -T tsandaddr 10.6.0.2
  t ping-df-1472 '1 received' 10 c1 ping -c 1 -M do -s 1472 10.6.0.2
  t ping-df-mtu 'Frag needed and DF set \(mtu = 1400\)' 10 c1 ping -c 1 -W 2 -M do -s 1472 10.7.0.2
  t ping-fragmented-by-router '1 received' 10 c1 ping -c 1 -M dont -s 1472 10.7.0.2
  rest
  t ping-ttl-1 'From 10.5.0.254 .*Time to live exceeded' 10 c1 ping -n -c 1 -t 1 -W 2 10.6.0.2
  t ping-unreachable 'From 10.5.0.254 .*Destination (Host|Net) Unreachable' 10 c1 ping -n -c 1 -W 2 10.66.0.1
  t ping-prohibited 'From 10.5.0.254 .*Packet filtered' 10 c1 ping -n -c 1 -W 2 10.67.0.1
  rest
  t ping-no-route 'From 10.5.0.254 .*Destination Net Unreachable' 10 c1 ping -n -c 1 -W 2 10.99.0.1
  t ping-nobody-there 'From 10.5.0.254 .*Destination Host Unreachable' 10 c1 ping -n -c 1 -W 6 10.6.0.77
  t ping-router '2 received, 0% packet loss' 10 c1 ping -c 2 -i 0.2 10.6.0.254
  t fping '= 3/3/0%' 10 c1 fping -c 3 -p 200 -t 1000 10.6.0.2
  t fping-sweep '^10.6.0.2' 20 c1 fping -a -q -r 0 -t 500 -g 10.6.0.1 10.6.0.6
  rest
  t arping-router 'Unicast reply from 10.5.0.254' 10 c1 arping -c 2 -I eth0 10.5.0.254
  t arping-not-proxied 'Received 0' 10 c1 arping -c 1 -w 1 -I eth0 10.6.0.2
  t traceroute-default-udp '^ 2  10.6.0.2' 15 c1 traceroute -n -q 1 -m 3 -w 1 10.6.0.2
  t traceroute-first-hop '^ 1  10.5.0.254' 15 c1 traceroute -n -q 1 -m 3 -w 1 10.6.0.2
  t traceroute-udp '^ 2  10.6.0.2' 15 c1 traceroute -n -U -p 33434 -q 1 -m 3 -w 1 10.6.0.2
  t traceroute-icmp '^ 2  10.6.0.2' 15 c1 traceroute -n -I -q 1 -m 3 -w 1 10.6.0.2
  t traceroute-tcp '^ 2  10.6.0.2' 15 c1 traceroute -n -T -p 80 -q 1 -m 3 -w 1 10.6.0.2
  t tracepath 'reached' 15 c1 tracepath -n -m 4 10.6.0.2
  t tracepath-mtu 'pmtu 1400' 15 c1 tracepath -n -m 4 10.7.0.2
  t hping3-icmp ' 0% packet loss' 10 c1 hping3 -1 -c 2 --fast 10.6.0.2
  t hping3-udp-closed 'ICMP Port Unreachable' 10 c1 hping3 -2 -p 9999 -c 2 -i 1 10.6.0.2
  t hping3-syn-closed 'flags=RA' 10 c1 hping3 -S -p 81 -c 2 --fast 10.6.0.2
  t dig-udp '10.6.0.9' 10 c1 dig +short +time=2 @10.6.0.2 a.lab
  t dig-tcp '10.6.0.9' 10 c1 dig +tcp +short +time=2 @10.6.0.2 a.lab
  t dig-txt 'hello' 10 c1 dig +short +time=2 @10.6.0.2 t.lab txt
  t nc-udp-echo 'hello-nc' 10 c1 sh -c 'echo hello-nc | nc -u -w 1 10.6.0.2 7777'
  t iperf3-udp '0/[0-9]+ \(0%\) +receiver' 20 c1 iperf3 -u -c 10.6.0.2 -b 8M -t 2 --forceflush
  t iperf3-udp-reverse '0/[0-9]+ \(0%\) +receiver' 20 c1 iperf3 -u -R -c 10.6.0.2 -b 8M -t 2
  t iperf3-tcp 'receiver' 20 c1 iperf3 -c 10.6.0.2 -t 2
  t iperf3-tcp-path-mtu 'receiver' 20 c1 iperf3 -c 10.7.0.2 -t 1
  t curl-nginx '^300000 200$' 15 c1 curl -s -o /dev/null -w '%{size_download} %{http_code}\n' http://10.6.0.2/f
  t nmap-sn 'Host is up' 30 c1 nmap -n -sn 10.6.0.2
  t nmap-sU '53/udp +open +domain' 60 c1 nmap -n -Pn -sU -p 53,9999 --max-retries 2 10.6.0.2
  t nmap-sU-closed '9999/udp +closed' 60 c1 nmap -n -Pn -sU -p 53,9999 --max-retries 2 10.6.0.2
  t nmap-sS '80/tcp +open +http' 60 c1 nmap -n -Pn -sS -p 79-81 10.6.0.2
  t nmap-sO '1 +open' 60 c1 nmap -n -Pn -sO -p 1,6,17,253 --max-retries 1 10.6.0.2
}

# --- hosts

hosts_part() {
  for link in tap vxlan; do
    part=hosts-$link
    to_hosts
    clean_part
  done
  link=tap
}
to_hosts() {
  local h1=10.5.0.2 h2=10.6.0.2
  bridge up "$N1" $(linux_end 0) --ip 10.5.0.1/24 --gw 10.5.0.254 || return
  lab hosts s1.1=0
  t ping '3 received, 0% packet loss' 10 c1 ping -c 3 -i 0.2 $h1
  t ping-8000-fragments '2 received, 0% packet loss' 10 c1 ping -c 2 -i 0.2 -s 8000 $h1
  t ping-65507 '1 received' 10 c1 ping -c 1 -s 65507 $h1
  t ping-record-route 'RR:' 10 c1 ping -n -c 1 -R $h1
  t ping-record-route-routed '10.6.0.254' 10 c1 ping -n -c 1 -R $h2
  t ping-timestamp-option 'TS:' 10 c1 ping -c 1 -T tsonly $h1
  t ping-timestamp-address '10.5.0.254' 10 c1 ping -n -c 1 -T tsandaddr $h2
  t ping-df-1472 '1 received' 10 c1 ping -c 1 -M do -s 1472 $h1
  t ping-pattern '2 received, 0% packet loss' 10 c1 ping -c 2 -i 0.2 -p ff00 $h1
  t ping-no-data '1 received' 10 c1 ping -c 1 -s 0 $h1
  t ping-flood ' 0% packet loss' 20 c1 ping -q -f -c 2000 $h1
  t ping-broadcast-unanswered ' 100% packet loss' 10 c1 ping -b -c 1 -W 1 10.5.0.255
  t ping-nobody 'Destination Host Unreachable' 10 c1 ping -n -c 1 -W 5 10.5.0.77
  t fping '= 3/3/0%' 10 c1 fping -c 3 -p 200 -t 1000 $h1
  t fping-sweep '^10.5.0.2' 20 c1 fping -a -q -r 0 -t 300 -g 10.5.0.1 10.5.0.6
  t arping 'Unicast reply from 10.5.0.2' 10 c1 arping -c 2 -I eth0 $h1
  t arping-dad-taken 'Unicast reply from 10.5.0.2|Received 1' 10 c1 arping -D -c 2 -I eth0 $h1
  t arping-dad-free 'Received 0' 10 c1 arping -D -c 1 -w 1 -I eth0 10.5.0.77
  t traceroute-default-udp '^ 1  10.5.0.2' 15 c1 traceroute -n -q 1 -m 2 -w 1 $h1
  t traceroute-udp '^ 1  10.5.0.2' 15 c1 traceroute -n -U -p 33434 -q 1 -m 2 -w 1 $h1
  t traceroute-icmp '^ 1  10.5.0.2' 15 c1 traceroute -n -I -m 3 -w 1 $h1
  t traceroute-tcp '^ 1  10.5.0.2' 15 c1 traceroute -n -T -p 80 -m 3 -w 1 $h1
  t traceroute-routed-hop '^ 1  10.5.0.254' 15 c1 traceroute -n -q 1 -m 3 -w 1 $h2
  t traceroute-routed '^ 2  10.6.0.2' 15 c1 traceroute -n -I -q 1 -m 3 -w 1 $h2
  t tracepath 'reached' 15 c1 tracepath -n -m 4 $h2
  t hping3-icmp ' 0% packet loss' 10 c1 hping3 -1 -c 2 --fast $h1
  t hping3-udp-closed 'ICMP Port Unreachable' 10 c1 hping3 -2 -p 9999 -c 2 -i 1 $h1
  t hping3-syn-closed 'flags=RA' 10 c1 hping3 -S -p 81 -c 2 --fast $h1
  t dig-a '10.5.0.9' 10 c1 dig +short +time=2 @$h1 a.lab
  t dig-cname '10.5.0.9' 10 c1 dig +short +time=2 @$h1 b.lab
  t dig-txt 'hello' 10 c1 dig +short +time=2 @$h1 t.lab txt
  t dig-mx '10 mail.lab' 10 c1 dig +short +time=2 @$h1 lab mx
  t dig-srv '0 5 5060 a.lab' 10 c1 dig +short +time=2 @$h1 _sip._udp.lab srv
  t dig-many 'ANSWER: 8' 10 c1 dig +time=2 @$h1 many.lab
  t dig-nxdomain 'status: NXDOMAIN' 10 c1 dig +time=2 @$h1 no.lab
  t dig-refused 'status: REFUSED' 10 c1 dig +time=2 @$h1 example.org
  t dig-without-edns '10.5.0.9' 10 c1 dig +noedns +short +time=2 @$h1 a.lab
  t dig-tcp-refused 'connection refused' 10 c1 dig +tcp +time=2 +tries=1 @$h1 a.lab
  t nc-udp-echo 'hello-nc' 10 c1 sh -c "echo hello-nc | nc -u -w 1 $h1 7"
  t nc-udp-echo-routed 'hello-nc' 10 c1 sh -c "echo hello-nc | nc -u -w 1 $h2 7"
  t nc-udp-long '^60000$' 10 c1 sh -c "head -c 60000 /dev/zero | nc -u -w 1 $h1 7 | wc -c"
  t load-8M ' 0 lost, 0 out of order' 20 c1 python3 "$here/load.py" $h1 7 8e6 2
  t load-8M-routed ' 0 lost, 0 out of order' 20 c1 python3 "$here/load.py" $h2 7 8e6 2
  t load-50M ' 0 lost, 0 out of order' 20 c1 python3 "$here/load.py" $h2 7 50e6 2
  t load-small ' 0 lost, 0 out of order' 20 c1 python3 "$here/load.py" $h1 7 2e6 2 64
  t nmap-sn 'Host is up' 30 c1 nmap -n -sn $h1
  t nmap-sU '53/udp +open +domain' 60 c1 nmap -n -Pn -sU -p 53,9999 --max-retries 2 $h1
  t nmap-sU-closed '9999/udp +closed' 60 c1 nmap -n -Pn -sU -p 53,9999 --max-retries 2 $h1
  t nmap-sS '81/tcp +closed' 60 c1 nmap -n -Pn -sS -p 79-81 $h1
  t nmap-sO '1 +open' 60 c1 nmap -n -Pn -sO -p 1,6,17,253 --max-retries 1 $h1
  t nmap-sO-closed '253 +closed' 60 c1 nmap -n -Pn -sO -p 1,6,17,253 --max-retries 1 $h1
}

# --- client

client_part() {
  for link in tap vxlan; do
    part=client-$link
    from_lab
    clean_part
  done
  link=tap
}
try() { # try NAME WANTED SECONDS VERB ARGUMENTS...
  local name=$1 want=$2 seconds=$3 verb=$4
  shift 4
  t "$name" "$want" "$seconds" node "$wirelab" "$verb" "$here/client.yaml" --bridge "h1.eth0=$(door 0)" "$@"
}
from_lab() {
  bridge up "$N1" $(linux_end 0) --ip 10.5.0.254/24 || return
  ip netns add "$N2" || return
  ip -n "$N1" link add eth1 type veth peer name eth0 netns "$N2"
  ip -n "$N1" addr add 10.6.0.254/24 brd + dev eth1
  ip -n "$N1" link set eth1 mtu 1400 up
  ip -n "$N2" link set lo up
  ip -n "$N2" addr add 10.6.0.2/24 brd + dev eth0
  ip -n "$N2" link set eth0 mtu 1400 up
  ip -n "$N2" route add default via 10.6.0.254
  for ns in "$N1" "$N2"; do
    for nic in eth0 eth1; do ip netns exec "$ns" ethtool -K $nic tx off gso off tso off gro off sg off >/dev/null 2>&1; done
  done
  c1 sysctl -qw net.ipv4.ip_forward=1
  c1 ip route add unreachable 10.66.0.0/16
  c1 ip route add prohibit 10.67.0.0/16
  servers "$N2"
  try ping-neighbour '3 received, 0% packet loss' 15 ping h1 10.5.0.254 -- -c 3 -i 0.2
  try ping '3 received, 0% packet loss' 15 ping h1 10.6.0.2 -- -c 3 -i 0.2
  try ping-name 'PING c2.lab \(10.6.0.2\)' 15 ping h1 c2.lab -- -c 1
  try ping-8000-fragments '2 received, 0% packet loss' 15 ping h1 10.6.0.2 -- -c 2 -i 0.2 -s 8000
  try ping-df-mtu 'mtu ?= ?1400' 15 ping h1 10.6.0.2 -- -c 1 -W 2 -M do -s 1472
  try ping-record-route '10.6.0.254' 15 ping h1 10.6.0.2 -- -c 1 -R
  try ping-timestamp-option 'TS:' 15 ping h1 10.6.0.2 -- -c 1 -T tsonly
  rest
  try ping-ttl-1 'Time to live exceeded' 15 ping h1 10.6.0.2 -- -c 1 -t 1 -W 2
  try ping-unreachable 'Destination Host Unreachable' 15 ping h1 10.66.0.1 -- -c 1 -W 2
  try ping-prohibited 'Packet filtered' 15 ping h1 10.67.0.1 -- -c 1 -W 2
  rest
  try ping-no-route 'Destination Net Unreachable' 15 ping h1 10.99.0.1 -- -c 1 -W 2
  try ping-nobody 'Destination Host Unreachable' 15 ping h1 10.5.0.77 -- -c 1 -W 5
  rest
  try traceroute-first-hop '^ ?1 +.*10.5.0.254' 20 traceroute h1 10.6.0.2 -- -q 1 -w 1 -m 4
  try traceroute '^ ?2 +.*10.6.0.2' 20 traceroute h1 10.6.0.2 -- -q 1 -w 1 -m 4
  try traceroute-icmp '^ ?2 +.*10.6.0.2' 20 traceroute h1 10.6.0.2 -- -I -q 1 -w 1 -m 4
  try send 'hello-lab' 15 send --wait h1 10.6.0.2 7777 hello-lab
  printf '%s\n' "$(cat "$here/client.yaml")" 'programs: [{ on: h1, run: lookup a.lab }, { on: h1, run: lookup -t TXT t.lab, at: 100ms }, { on: h1, run: lookup no.lab, at: 200ms }]' >"$W/lookup.yaml"
  t lookup-a '10\.6\.0\.9' 15 node "$wirelab" run "$W/lookup.yaml" --quiet --bridge "h1.eth0=$(door 0)"
  t lookup-txt 'hello' 15 node "$wirelab" run "$W/lookup.yaml" --quiet --bridge "h1.eth0=$(door 0)"
}

for one in "${parts[@]}"; do
  case $one in
  switch | router | hosts | client) echo "-- $one" && "${one}_part" ;;
  *)
    sed -n '2,10p' "$0" | sed 's/^# \{0,1\}//'
    exit 2
    ;;
  esac
done
finish
