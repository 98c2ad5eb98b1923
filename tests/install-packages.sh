#!/bin/sh
# Installs the Debian packages the tests use when it may; says plainly which are missing when not.
cd "$(dirname "$0")/.." || exit 1
found() {
  case "$1" in *.so.*) /sbin/ldconfig -p | grep -q "$1 " && return ;; esac
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]
}
missing=""
while read -r package program; do
  case "$package" in ''|'#'*) continue ;; esac
  found "$program" || missing="$missing $package"
done < packages-debian.txt
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing; } >/dev/null && exit 0
fi
echo "Not installed, so the tests that need them are not run:$missing"
echo "  sudo apt-get install -y$missing"
[ "${CI:-}" != true ]
