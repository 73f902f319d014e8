#!/bin/bash
# Makes the bootable media of the guest tests, without root or loop devices:
#
#   tests/guest/boot_media.sh FOLDER FLOPPY_BOOT
#
#   FOLDER/disk.img      GRUB, an MBR partition with FAT32, Debian's 686 kernel and the disk initramfs
#   FOLDER/cd.iso        ISOLINUX and the same files
#   FOLDER/memdisk.iso   ISOLINUX, and MEMDISK with a floppy image that boots FLOPPY_BOOT (floppy_boot.asm)
#
# The first two boot with the console on COM1 and take their command from ringdown.run in the file FOLDER/command.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR/../../scripts
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

[ $# -eq 2 ] || die "name the folder to make, and the floppy's boot sector"
mkdir -p "$1"
folder=$(realpath "$1")
floppy_boot=$2
kernel="$RINGDOWN_CACHE/guests/linux-686/vmlinuz"
initramfs="$RINGDOWN_CACHE/initramfs/disk.cpio"
command="uname -r; grep -c . /proc/partitions; exit 9"
parameters="console=ttyS0 cryptomgr.notests quiet panic=-1 ringdown.run=$(printf %s "$command" | base64 -w 0)"

GRUB=/usr/lib/grub/i386-pc
SECTOR=512
PARTITION_START=2048
PARTITION_SECTORS=$((96 * 1024 * 1024 / SECTOR))

# little_endian VALUE: its four bytes as printf escapes.
little_endian() {
  local shift
  for shift in 0 8 16 24; do printf '\\x%02x' $((($1 >> shift) & 255)); done
}

# write_at OFFSET FILE: copies standard input into FILE.
write_at() { dd of="$2" bs=1 seek="$1" conv=notrunc status=none; }

make_disk() {
  local disk="$stage/disk.img" partition="$stage/disk.img@@$((PARTITION_START * SECTOR))"
  truncate -s $(((PARTITION_START + PARTITION_SECTORS) * SECTOR)) "$disk"
  cat >"$stage/grub.cfg" <<CONFIG
set root=(hd0,msdos1)
linux /vmlinuz $parameters
initrd /initrd.cpio
boot
CONFIG
  grub-mkimage -O i386-pc -p '(hd0,msdos1)/' -c "$stage/grub.cfg" -o "$stage/core.img" \
    biosdisk part_msdos fat linux normal
  # GRUB's boot sector loads what lies in the sectors behind it; bytes 446 to 509 hold the partition table.
  head -c 440 "$GRUB/boot.img" | write_at 0 "$disk"
  # shellcheck disable=SC2059
  printf "\\x80\\xfe\\xff\\xff\\x0c\\xfe\\xff\\xff$(little_endian $PARTITION_START)$(little_endian $PARTITION_SECTORS)" |
    write_at 446 "$disk"
  printf '\x55\xaa' | write_at 510 "$disk"
  dd if="$stage/core.img" of="$disk" bs=$SECTOR seek=1 conv=notrunc status=none
  mformat -i "$partition" -F -T $PARTITION_SECTORS -h 255 -s 63 -H $PARTITION_START ::
  mcopy -i "$partition" "$kernel" ::vmlinuz
  mcopy -i "$partition" "$initramfs" ::initrd.cpio
}

# isolinux_tree FOLDER: a tree with the boot loader; its configuration is standard input.
isolinux_tree() {
  mkdir -p "$1/isolinux"
  cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$1/isolinux/"
  cat >"$1/isolinux/isolinux.cfg"
}

# make_iso TREE FILE
make_iso() {
  xorriso -as mkisofs -quiet -o "$2" -b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot \
    -boot-load-size 4 -boot-info-table "$1"
}

make_cd() {
  local tree="$stage/tree"
  isolinux_tree "$tree" <<CONFIG
default linux
label linux
  kernel /vmlinuz
  initrd /initrd.cpio
  append $parameters
CONFIG
  cp "$kernel" "$tree/vmlinuz"
  cp "$initramfs" "$tree/initrd.cpio"
  make_iso "$tree" "$stage/cd.iso"
}

# A 1.44 MB disk whose sectors begin with their numbers; MEMDISK's INT 13h does not format (offset 1eh).
make_memdisk() {
  local tree="$stage/memdisk" image="$stage/memdisk/floppy.img" sectors=2880
  isolinux_tree "$tree" <<CONFIG
default floppy
label floppy
  kernel /memdisk
  initrd /floppy.img
CONFIG
  cp /usr/lib/syslinux/memdisk "$tree/"
  python3 -c '
import sys
for sector in range(int(sys.argv[1])):
    sys.stdout.buffer.write(sector.to_bytes(4, "little").ljust(512, b"\0"))' "$sectors" >"$image"
  write_at 0 "$image" <"$floppy_boot"
  printf '\0\0' | write_at $((0x1e)) "$image"
  make_iso "$tree" "$stage/memdisk.iso"
}

stage=$(mktemp -d "$folder/.stage.XXXXXX")
trap 'rm -rf "$stage"' EXIT
make_disk
make_cd
make_memdisk
mv "$stage/disk.img" "$stage/cd.iso" "$stage/memdisk.iso" "$folder/"
