# shellcheck shell=bash
# Packages of another architecture from Debian's archive, without a change to the host: apt runs with lists, state and
# cache of its own in the cache folder, and packages are unpacked, never installed. Sourced after lib.sh.

# Used where the host's own sources do not offer the architecture.
FALLBACK_SOURCE='deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main'

# write_apt_configuration ARCHITECTURE: proxies, mirrors and keys stay those of the host's /etc/apt.
write_apt_configuration() {
  mkdir -p "$APT/lists/partial" "$APT/cache/archives/partial" "$APT/state"
  : >"$APT/status"
  cat >"$APT/apt.conf" <<CONF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Architecture "$1";
APT::Architectures { "$1"; };
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

knows_package() { private apt-cache show "$1" >/dev/null 2>&1; }

# prepare_apt ARCHITECTURE PROBE: fetches the package lists once per run. Errors of single lists (a security archive
# that has no i386, say) do not matter as long as the package PROBE can be found.
prepare_apt() {
  local architecture=$1 probe=$2
  [ "${apt_ready:-}" != "$architecture" ] || return 0
  APT="$RINGDOWN_CACHE/apt/$architecture"
  write_apt_configuration "$architecture"
  say "fetching Debian's package lists for $architecture"
  private apt-get update >"$APT/update.log" 2>&1 || true
  if ! knows_package "$probe"; then
    echo "$FALLBACK_SOURCE" >"$APT/sources.list"
    cat >>"$APT/apt.conf" <<CONF
Dir::Etc::sourcelist "$APT/sources.list";
Dir::Etc::sourceparts "-";
CONF
    private apt-get update >>"$APT/update.log" 2>&1 || true
    knows_package "$probe" || die "cannot get $architecture packages from a Debian archive (is the network reachable?); apt's messages are in $APT/update.log"
  fi
  apt_ready=$architecture
}

# unpack PACKAGE FOLDER [PATTERN...]: downloads a package and extracts the matching paths (all by default).
unpack() {
  local package=$1 folder=$2 debs archive
  shift 2
  say "downloading $package"
  mkdir -p "$folder"
  debs=$(mktemp -d "$APT/debs.XXXXXX")
  if ! (cd "$debs" && private apt-get download "$package" >"$APT/download.log" 2>&1); then
    rm -rf "$debs"
    die "cannot download $package; apt's messages are in $APT/download.log"
  fi
  archive=$(find "$debs" -name "${package%%=*}_*.deb" | head -n 1)
  # tar reports patterns that match nothing: not every kernel has every module.
  dpkg-deb --fsys-tarfile "$archive" | tar -x -C "$folder" --wildcards "$@" 2>/dev/null || true
  rm -rf "$debs"
}
