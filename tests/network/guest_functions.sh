# shellcheck shell=sh
# What the scripts of network tests in guests have in common; lies in their root as /functions.
PATH=/sbin:/bin
export PATH

fail() {
  echo "FAILED: $*"
  exit 1
}

# check COMMAND...: runs it quietly; its words and its output are told when it fails.
check() {
  "$@" >/tmp/check.log 2>&1 || fail "$* ($(tail -n 3 /tmp/check.log))"
}

# wait_for_link INTERFACE: drivers look after the cable seconds apart.
wait_for_link() {
  for _ in $(seq 200); do
    [ "$(cat "/sys/class/net/$1/carrier" 2>/dev/null)" != 1 ] || return 0
    sleep 0.05
  done
  fail "$1 has no link"
}

# get_lease INTERFACE: address, route and name server by DHCP.
get_lease() {
  check ip link set "$1" up
  wait_for_link "$1"
  check udhcpc -i "$1" -n -q -f -t 5 -T 1 -s /lease
}

# take_address INTERFACE ADDRESS/BITS: without a server.
take_address() {
  check ip link set "$1" up
  wait_for_link "$1"
  check ip address add "$2" dev "$1"
}

# fetch FILE HOST PORT PATH: by HTTP.
fetch() { check wget -q -O "$1" "http://$2:$3$4"; }

# send FILE HOST PORT PATH: by HTTP's POST, which busybox's wget knows for text only.
send() {
  { printf 'POST %s HTTP/1.0\r\nContent-Length: %d\r\n\r\n' "$4" "$(stat -c %s "$1")" && cat "$1"; } | nc "$2" "$3" |
    grep -q ' 200 ' || fail "$1 was not taken as $4"
}

# echo_datagram ADDRESS PORT BYTES: sends one datagram, which comes back.
echo_datagram() {
  head -c "$3" /dev/urandom >/tmp/sent
  for _ in 1 2 3; do
    nc.openbsd -u -W 1 -w 2 "$1" "$2" </tmp/sent >/tmp/echoed 2>/tmp/echo.log
    ! cmp -s /tmp/sent /tmp/echoed || return 0
  done
  fail "a datagram of $3 bytes came back as $(wc -c </tmp/echoed) $(cat /tmp/echo.log)"
}
