#!/bin/bash
# Makes a disk that boots into GRUB's menu and waits there:
#
#   tests/interface/grub_menu.sh IMAGE
set -euo pipefail
# shellcheck source-path=SCRIPTDIR/../../scripts
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

[ $# -eq 1 ] || die "name the image to make"
GRUB=/usr/lib/grub/i386-pc
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

mkdir -p "$stage/tree/boot/grub"
cat >"$stage/tree/boot/grub/grub.cfg" <<'CONFIG'
set timeout=-1
set gfxmode=800x600
menuentry 'First entry' { true }
menuentry 'Second entry' { true }
CONFIG
tar -C "$stage/tree" -cf "$stage/memdisk.tar" boot
grub-mkimage -O i386-pc -m "$stage/memdisk.tar" -p '(memdisk)/boot/grub' -o "$stage/core.img" \
  biosdisk memdisk tar normal echo test vbe gfxterm
# GRUB's boot sector loads what lies in the sectors behind it.
head -c 510 "$GRUB/boot.img" >"$stage/disk"
printf '\x55\xaa' >>"$stage/disk"
cat "$stage/core.img" >>"$stage/disk"
truncate -s 1M "$stage/disk"
mv "$stage/disk" "$1"
