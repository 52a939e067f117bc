#!/usr/bin/env bash
# Builds products of the package and shows how far it is: one moving line on a terminal, a line now and then elsewhere.
# The compiler's own words go to .build/firebreak-build.log, and to the screen when the build fails.
# Usage: scripts/build.sh "WHAT" swift build ...
set -uo pipefail
what=$1
shift
mkdir -p .build/static-cxx
# For programs that have the C++ library in them (Package.swift, `compact`): nothing else is found in this folder.
archive=$(gcc -print-file-name=libstdc++.a 2>/dev/null || true)
[ ! -f "$archive" ] || ln -sfn "$archive" .build/static-cxx/libstdc++.a
log=.build/firebreak-build.log
started=$SECONDS
"$@" 2>&1 | tee "$log" | {
    last=-10
    while IFS= read -r line; do
        case $line in
        \[*/*\]*)
            step=${line%%]*}
            if [ -t 1 ]; then
                printf '\r\033[Kfirebreak: %s %s]' "$what" "$step"
            elif [ $((SECONDS - last)) -ge 30 ]; then
                echo "firebreak: $what $step] after $((SECONDS - started)) s"
                last=$SECONDS
            fi
            ;;
        esac
    done
    [ -t 1 ] && printf '\r\033[K'
}
code=${PIPESTATUS[0]}
if [ "$code" -ne 0 ]; then
    grep -E -A6 'error:' "$log" | head -80 >&2
    echo "firebreak: $what failed after $((SECONDS - started)) s; everything the compiler said is in $log" >&2
    exit "$code"
fi
echo "firebreak: $what done in $((SECONDS - started)) s"
