#!/bin/bash
# Packs an initramfs for the quickstart and test guests from busybox and scripts/initramfs/init, and prints its path.
#
#   scripts/make_initramfs.sh [--init FILE] [--tree GUEST] NAME [GUEST MODULE...]
#
# With --tree, the files of that guest lie in the root, too. With --init, FILE is the guest's init and its only program.
# With a GUEST (linux-686, linux-686-pae), its kernel modules MODULE... and what they depend on are added; init loads
# them in order. The file is kept in the cache folder under NAME and a hash of what went into it, and NAME.cpio is a
# link to the newest. It is not compressed: the guest starts sooner when it need not decompress.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

BUSYBOX="$RINGDOWN_CACHE/guests/busybox/busybox"
OUTPUT="$RINGDOWN_CACHE/initramfs"

# module_file MODULE: the path of a module of the guest; nothing if the kernel has it built in or not at all.
module_file() { find "$modules" -name "${1//[-_]/[-_]}.ko" | head -n 1; }

declare -A added=()
order=()

# add_module MODULE: appends it to `order` after those it depends on, as its .modinfo section names them.
add_module() {
  local module=${1//-/_} file depends needed
  [ -z "${added[$module]:-}" ] || return 0
  added[$module]=yes
  file=$(module_file "$module")
  [ -n "$file" ] || die "the kernel of $guest has no module $1"
  depends=$(tr '\0' '\n' <"$file" | LC_ALL=C sed -n 's/^depends=//p')
  for needed in ${depends//,/ }; do add_module "$needed"; done
  order+=("$file")
}

# pack TARGET: builds the archive next to its place and then renames it.
pack() {
  local target=$1 file
  [ "$(readlink "$OUTPUT/$initramfs.cpio")" != "$(basename "$target")" ] || [ ! -e "$target" ] || return 0
  command -v cpio >/dev/null || need_packages cpio
  say "packing $(basename "$target")"
  mkdir -p "$OUTPUT"
  stage=$(mktemp -d "$OUTPUT/.stage.XXXXXX")
  trap 'rm -rf "$stage"' EXIT
  mkdir "$stage/root"
  install -m 755 "$init" "$stage/root/init"
  if [ ${#programs[@]} -gt 0 ]; then
    mkdir "$stage/root/bin"
    install -m 755 "${programs[@]}" "$stage/root/bin/"
    ln -s busybox "$stage/root/bin/sh"
  fi
  if [ ${#order[@]} -gt 0 ]; then
    mkdir "$stage/root/modules"
    for file in "${order[@]}"; do
      install -m 644 "$file" "$stage/root/modules/"
      basename "$file" >>"$stage/root/modules/order"
    done
  fi
  [ -z "$tree" ] || cp -R "$tree/." "$stage/root/"
  (cd "$stage/root" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet --reproducible) >"$stage/cpio"
  mv "$stage/cpio" "$target"
  ln -s "$(basename "$target")" "$stage/link"
  mv -T "$stage/link" "$OUTPUT/$initramfs.cpio"
}

init="$RINGDOWN_ROOT/scripts/initramfs/init"
programs=("$BUSYBOX")
tree=
while true; do
  case ${1:-} in
    --init)
      init=${2:?--init needs a FILE}
      programs=()
      ;;
    --tree)
      tree=$("$RINGDOWN_ROOT/scripts/fetch_guests.sh" "${2:?--tree needs a GUEST}")
      ;;
    *) break ;;
  esac
  shift 2
done
[ $# -ge 1 ] || die "give the initramfs a NAME"
initramfs=$1
shift
[ ${#programs[@]} -eq 0 ] || [ -e "$BUSYBOX" ] || "$RINGDOWN_ROOT/scripts/fetch_guests.sh" busybox >/dev/null
if [ $# -gt 0 ]; then
  guest=$1
  shift
  modules="$RINGDOWN_CACHE/guests/$guest/modules"
  [ -d "$modules" ] || "$RINGDOWN_ROOT/scripts/fetch_guests.sh" "$guest" >/dev/null
  for module; do add_module "$module"; done
fi
files=()
[ -z "$tree" ] || mapfile -t files < <(find "$tree" -type f | LC_ALL=C sort)
hash=$(cat "$init" "${BASH_SOURCE[0]}" "${programs[@]}" "${order[@]}" "${files[@]}" | sha256sum | cut -c 1-16)
target="$OUTPUT/$initramfs-$hash.cpio"
locked initramfs pack "$target"
echo "$target"
