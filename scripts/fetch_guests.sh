#!/bin/bash
# Fetches guest software from Debian's archive into the cache folder; installs nothing and changes no
# configuration of the host: apt runs with its own state, for the architecture i386.
#
#   scripts/fetch_guests.sh GUEST...
#
# GUEST is one of KNOWN_GUESTS below. The folder of each is printed, one per line. What is already there is not
# fetched again, so a second run needs no network.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

KNOWN_GUESTS=(linux-686 linux-686-pae busybox memtest86+ gnumach seabios installer)
GUESTS="$RINGDOWN_CACHE/guests"
APT="$RINGDOWN_CACHE/apt"
# Raised when what is extracted changes, so that older caches are refreshed.
LAYOUT=1

# Used where the host's own sources do not offer i386.
FALLBACK_SOURCE='deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main'

# Kernel modules that guests may want to load: disks, CD-ROMs, file systems, network cards.
KERNEL_MODULES=(kernel/drivers/ata kernel/drivers/scsi kernel/drivers/cdrom kernel/drivers/block
  kernel/drivers/net/ethernet/intel/e1000 kernel/drivers/net/mii.ko kernel/drivers/input kernel/block kernel/crypto
  kernel/lib kernel/fs/ext4 kernel/fs/jbd2 kernel/fs/mbcache.ko kernel/fs/fat kernel/fs/isofs kernel/fs/nls)

# Writes apt's private configuration. Proxies, mirrors and keys stay those of the host's /etc/apt.
write_apt_configuration() {
  mkdir -p "$APT/lists/partial" "$APT/cache/archives/partial" "$APT/state"
  : >"$APT/status"
  cat >"$APT/apt.conf" <<CONF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Architecture "i386";
APT::Architectures { "i386"; };
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Dir::State "$APT/state";
Dir::State::lists "$APT/lists";
Dir::State::status "$APT/status";
Dir::Cache "$APT/cache";
CONF
}

private() { "$1" -q -c "$APT/apt.conf" "${@:2}"; }

knows_guests() { private apt-cache show busybox-static >/dev/null 2>&1; }

# Fetches the package lists once per run. Errors of single lists (a security archive that has no i386, say) do
# not matter as long as the packages can be found.
prepare_apt() {
  [ -z "${apt_ready:-}" ] || return 0
  write_apt_configuration
  say "fetching Debian's package lists for i386"
  private apt-get update >"$APT/update.log" 2>&1 || true
  if ! knows_guests; then
    echo "$FALLBACK_SOURCE" >"$APT/sources.list"
    cat >>"$APT/apt.conf" <<CONF
Dir::Etc::sourcelist "$APT/sources.list";
Dir::Etc::sourceparts "-";
CONF
    private apt-get update >>"$APT/update.log" 2>&1 || true
    knows_guests || die "cannot get i386 packages from a Debian archive (is the network reachable?); apt's messages are in $APT/update.log"
  fi
  apt_ready=yes
}

# unpack PACKAGE FOLDER [PATTERN...]: downloads a package and extracts the matching paths (all by default).
unpack() {
  local package=$1 folder=$2 archive
  shift 2
  say "downloading $package"
  mkdir -p "$folder" "$stage/debs"
  if ! (cd "$stage/debs" && private apt-get download "$package" >"$APT/download.log" 2>&1); then
    die "cannot download $package; apt's messages are in $APT/download.log"
  fi
  archive=$(find "$stage/debs" -name "${package%%=*}_*.deb" | head -n 1)
  # tar reports patterns that match nothing: not every kernel has every module.
  dpkg-deb --fsys-tarfile "$archive" | tar -x -C "$folder" --wildcards "$@" 2>/dev/null || true
  rm -rf "$stage/debs"
}

# The versioned kernel package that a meta package depends on.
kernel_package() {
  private apt-cache show "$1" | sed -n 's/^Depends: \(linux-image-[^ ,]*\).*/\1/p' | head -n 1
}

fetch_linux() {
  local meta=linux-image-${1#linux-} package version
  package=$(kernel_package "$meta")
  [ -n "$package" ] || die "Debian's archive has no $meta for i386"
  version=${package#linux-image-}
  unpack "$package" "$stage/tree" './boot/*' "${KERNEL_MODULES[@]/#/./lib/modules/$version/}"
  mkdir "$stage/out"
  mv "$stage/tree/boot/vmlinuz-$version" "$stage/out/vmlinuz"
  mv "$stage/tree/boot/config-$version" "$stage/out/config"
  mv "$stage/tree/lib/modules/$version" "$stage/out/modules"
  echo "$version" >"$stage/out/version"
}

fetch_busybox() {
  unpack busybox-static "$stage/tree" ./bin/busybox
  mkdir "$stage/out"
  mv "$stage/tree/bin/busybox" "$stage/out/busybox"
}

fetch_memtest86+() {
  unpack memtest86+ "$stage/tree" './boot/*' './usr/lib/memtest86+/*'
  mkdir "$stage/out"
  find "$stage/tree" -type f \( -name '*.bin' -o -name '*.iso' \) -exec mv -t "$stage/out" {} +
}

fetch_gnumach() {
  unpack gnumach-image-1.8-486 "$stage/tree" './boot/*'
  mkdir "$stage/out"
  find "$stage/tree/boot" -type f -name 'gnumach*' -exec mv -t "$stage/out" {} +
}

fetch_installer() {
  local images=./usr/lib/debian-installer/images flavour
  unpack debian-installer-12-netboot-i386 "$stage/tree" "$images/*/linux" "$images/*/initrd.gz"
  for flavour in text gtk; do
    mkdir -p "$stage/out/$flavour"
    find "$stage/tree" -type f -path "*/$flavour/*" \( -name linux -o -name initrd.gz \) \
      -exec mv -t "$stage/out/$flavour" {} +
  done
}

fetch_seabios() {
  unpack seabios "$stage/tree" './usr/share/seabios/*'
  mkdir "$stage/out"
  find "$stage/tree" -type f -name '*.bin' -exec mv -t "$stage/out" {} +
}

# fetch GUEST: fills the guest's folder, which appears under its name only when it is complete.
fetch() {
  local guest=$1 target="$GUESTS/$1"
  if [ "$(cat "$target/.layout" 2>/dev/null)" != "$LAYOUT" ]; then
    prepare_apt
    mkdir -p "$GUESTS"
    stage=$(mktemp -d "$GUESTS/.stage.XXXXXX")
    trap 'rm -rf "$stage"' EXIT
    case $guest in
      linux-*) fetch_linux "$guest" ;;
      *) "fetch_$guest" ;;
    esac
    [ -n "$(ls -A "$stage/out")" ] || die "the package of $guest does not hold what was expected"
    echo "$LAYOUT" >"$stage/out/.layout"
    chmod 755 "$stage/out"
    rm -rf "$target"
    mv -T "$stage/out" "$target"
    rm -rf "$stage"
  fi
  echo "$target"
}

fetch_all() {
  local guest
  for guest; do fetch "$guest"; done
}

[ $# -gt 0 ] || die "name the guests: ${KNOWN_GUESTS[*]}"
for guest; do
  [[ " ${KNOWN_GUESTS[*]} " == *" $guest "* ]] || die "'$guest' is no guest: choose from ${KNOWN_GUESTS[*]}"
done
locked guests fetch_all "$@"
