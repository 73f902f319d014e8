#!/bin/sh
# Runs the window demo under a virtual X server and compares what the server shows with the picture.
set -eu
demo=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# SDL and the X libraries keep memory until the process ends.
export ASAN_OPTIONS=detect_leaks=0

if env -u DISPLAY -u WAYLAND_DISPLAY SDL_VIDEODRIVER=x11 "$demo" </dev/null >"$folder/none" 2>&1; then
  echo "without a display the window opened" && exit 1
fi
test "$(wc -l <"$folder/none")" = 1
grep -q -- '--display' "$folder/none"

cat >"$folder/inside.sh" <<'INSIDE'
set -e
mkfifo "$2/commands"
"$1" "$2/expected.png" <"$2/commands" >"$2/log" &
exec 3>"$2/commands"
until grep -q shown "$2/log"; do
  kill -0 $!
  sleep 0.1
done
import -window 'ringdown window test - test mode - power button pressed; close again to stop' "$2/shot.png"
echo close >&3
exec 3>&-
wait
INSIDE
SDL_VIDEODRIVER=x11 xvfb-run -a -s '-screen 0 1024x768x24' sh "$folder/inside.sh" "$demo" "$folder"

cat >"$folder/wanted" <<'WANTED'
keyboard 1c
keyboard f0 1c
keyboard e1 14 77 e1 f0 14 f0 77
keyboard e0 14
mouse fd ff f4 01 00 00
mouse 00 00 00 00 00 02
keyboard e0 f0 14
mouse 00 00 00 00 00 00
power
turbo key 1
turbo key 0
shown
closed
WANTED
diff -u "$folder/wanted" "$folder/log"

convert "$folder/expected.png" -sample 200% "$folder/scaled.png"
if [ -n "${KEEP_SHOT:-}" ]; then cp "$folder/shot.png" "$KEEP_SHOT"; fi
different=$(compare -metric AE "$folder/shot.png" "$folder/scaled.png" null: 2>&1) || true
test "$different" = 0 || { echo "$different pixels differ"; exit 1; }
