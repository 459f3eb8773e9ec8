#!/bin/sh
# lean_libc.sh LIBC OUT - a copy of the C library that Valgrind reads quickly.
#
# Valgrind needs the library's symbols, and with them it reads four megabytes
# of line numbers that nobody asks for: 0.15 s in every run. The copy points to
# a file of its own that has the symbols alone. Without the build id, or
# Valgrind finds the large one by it. Where there is no large one (the symbols
# are in the library), it is a plain copy. OUT must lie in a folder called
# lib: Valgrind's own suppressions are for */lib*/libc.so*.
set -e
libc=$1 out=$2 folder=$(dirname "$2")
id=$(readelf -n "$libc" | sed -n 's/.*Build ID: *//p')
debug=/usr/lib/debug/.build-id/$(echo "$id" | cut -c1-2)/$(echo "$id" | cut -c3-).debug

mkdir -p "$folder"
if [ -n "$id" ] && [ -r "$debug" ]; then
    objcopy --strip-debug --remove-section=.note.gnu.build-id \
        "$debug" "$folder/libc.symbols"
    objcopy --remove-section=.note.gnu.build-id \
        --remove-section=.gnu_debuglink \
        --add-gnu-debuglink="$folder/libc.symbols" "$libc" "$out.$$"
else
    cp "$libc" "$out.$$"
fi
chmod +x "$out.$$"
mv -f "$out.$$" "$out"
