#!/bin/sh
# build.sh FOLDER [tsan] - builds in FOLDER, from the three files beside it,
# what the reports are made with: tsan (position-independent), tsan-fixed
# (not) and plain. No path of the machine gets into the programs.
set -e
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/harness"
cp "$here/answer.c" "$here/tests.c" "$1"
cp "$here/calls.c" "$1/harness"
cd "$1"
top=$(pwd)

# program compiler 'flags to compile' 'flags to link'
build() {
    for file in answer tests harness/calls; do
        $2 $3 -std=gnu11 -O0 -g -gdwarf-4 -fno-omit-frame-pointer -w \
            "-fdebug-prefix-map=$top=." -c $file.c -o "$(basename $file).o"
    done
    objcopy \
        --redefine-sym pthread_create=il_pthread_create \
        --redefine-sym pthread_mutex_lock=il_pthread_mutex_lock \
        --redefine-sym pthread_mutex_unlock=il_pthread_mutex_unlock answer.o
    $2 $4 answer.o tests.o calls.o -o "$1" -pthread
    rm answer.o tests.o calls.o
}

build tsan clang '-fsanitize=thread -fPIE' '-fsanitize=thread -pie -fuse-ld=lld'
build tsan-fixed clang '-fsanitize=thread -fno-pie' \
    '-fsanitize=thread -no-pie -fuse-ld=lld'
[ "$2" = tsan ] || build plain gcc '' ''
