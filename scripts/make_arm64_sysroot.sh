#!/bin/bash
# Unpacks the arm64 libraries that the preset arm64 builds against into a folder of the cache and prints it. The host's
# apt and dpkg configuration stays as it is. What is already there is not fetched again.
#
#   scripts/make_arm64_sysroot.sh
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR
source "$RINGDOWN_ROOT/scripts/private_apt.sh"

# The C and C++ libraries come with the cross compiler.
PACKAGES=(catch2 libboost-program-options1.74-dev libboost-program-options1.74.0 libboost1.74-dev libfmt-dev libfmt9
  libxxhash-dev libzycore-dev libzycore1.4 libzydis-dev libzydis4.0 nlohmann-json3-dev zlib1g zlib1g-dev)
SYSROOT="$RINGDOWN_CACHE/arm64-sysroot"

# Packages may link to absolute paths (libz.so does), which would leave the folder.
make_links_relative() {
  local link
  while IFS= read -r link; do
    ln -sfnr "$1$(readlink "$link")" "$link"
  done < <(find "$1" -type l -lname '/*')
}

make_sysroot() {
  local package
  # The list of packages tells whether an older cache has what is needed now.
  if [ "$(cat "$SYSROOT/.packages" 2>/dev/null)" != "${PACKAGES[*]}" ]; then
    prepare_apt arm64 libzydis-dev
    stage=$(mktemp -d "$RINGDOWN_CACHE/.stage.XXXXXX")
    trap 'rm -rf "$stage"' EXIT
    for package in "${PACKAGES[@]}"; do unpack "$package" "$stage"; done
    make_links_relative "$stage"
    echo "${PACKAGES[*]}" >"$stage/.packages"
    chmod 755 "$stage"
    rm -rf "$SYSROOT"
    mv -T "$stage" "$SYSROOT"
  fi
  echo "$SYSROOT"
}

locked arm64-sysroot make_sysroot
