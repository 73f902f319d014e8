#!/bin/sh
# Lets a real gdb debug the fake machine and checks what it shows.
set -eu
demo=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$demo" >"$folder/log" &
demo_pid=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  test -s "$folder/log" && break
  sleep 0.1
done
cat >"$folder/commands" <<COMMANDS
set pagination off
set confirm off
set architecture i386
target remote 127.0.0.1:$(head -1 "$folder/log")
print/x \$eip
print \$eflags
print/x \$cr0
print \$st0
print \$xmm1.v4_int32
x/2xb 0x1004
stepi
print/x \$eip
break *0x1006
continue
print \$eax
set var \$eax = 0x77
hbreak *0x1007
continue
watch *(char*)0x2000
continue
x/1xb 0x2000
set {int}0x3000 = 0x12345678
x/1xw 0x3000
print \$cpl = 3
x/1xb 0x20000
monitor status
delete
print/x \$fctrl
info threads
detach
COMMANDS
timeout 30 gdb -nx -q <"$folder/commands" >"$folder/out" 2>&1 || true
wait "$demo_pid"
expect() {
  grep -q -- "$1" "$folder/out" || { echo "gdb did not show: $1"; cat "$folder/out"; exit 1; }
}
expect '\$1 = 0x1000'
expect '\$2 = \[ IF IOPL=0 \]'
expect '\$3 = 0x80000011'
expect '\$4 = 3'
expect '\$5 = {1, 2, 3, 4}'
expect '0x1004:	0x40	0x90'
expect '\$6 = 0x1001'
expect 'Breakpoint 1, 0x00001006'
expect '\$7 = 1'
expect 'Breakpoint 2, 0x00001007'
expect 'Hardware watchpoint 3'
expect '0x2000:	0x77'
expect '0x3000:	0x12345678'
expect 'Could not write register "cpl"'
expect 'Cannot access memory at address 0x20000'
expect 'you said status'
expect '(processor)'
test "$(tail -1 "$folder/log")" = detached
