#!/usr/bin/env bash
# Installs what the test of whole machines needs. Exit code 0 where the test can be run; 1, and says what is skipped and
# why, where it cannot: a machine without qemu is no failure of ours.
set -uo pipefail
cd "$(dirname "$0")/.."
skip() { echo "vm-test: SKIPPED, all scenarios: $1"; exit 1; }
[ "$(uname -m)" = x86_64 ] || skip "the machines are x86-64, and this one is $(uname -m)"
[ "$(id -u)" = 0 ] || skip "a root file system needs root, for the owners and device nodes in it"
command -v apt-get >/dev/null || skip "the machines are made from Debian's packages, and there is no apt-get here"
./install-packages.sh vm || skip "the packages of tag vm in scripts/packages.txt cannot be installed"
command -v qemu-system-x86_64 >/dev/null || skip "there is no qemu-system-x86_64"
