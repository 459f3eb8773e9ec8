#!/bin/sh
# record.sh - makes the reports in this folder again, with the tools of the
# machine that it runs on. They are real: nothing in them is edited.
here=$(cd "$(dirname "$0")" && pwd)
work=/tmp/answer
rm -rf $work
sh "$here/program/build.sh" $work || exit 1
cd $work || exit 1

races='race_global race_heap race_stack race_locks race_atomic race_memset
    race_local_static race_descriptor race_destroy race_free'
locks='order_two order_three unlock_free unlock_twice unlock_other lock_twice
    destroy_locked lock_destroyed'

# A block that is used again has an address that was reported before.
options=symbolize=0:atexit_sleep_ms=0:second_deadlock_stack=1
options=$options:suppress_equal_addresses=0
tsan() {
    to=$1
    shift
    TSAN_OPTIONS=$options timeout 60 ./tsan "$@" >/dev/null 2>"$here/$to"
}
tsan tsan-races.txt $races
tsan tsan-locks.txt $locks
tsan tsan-rest.txt signal_unsafe use_freed thread_leak
tsan tsan-crash.txt race_global crash

# tool 'more options' report faults...
checked() {
    tool=$1
    more=$2
    to=$3
    shift 3
    timeout 60 valgrind --tool=$tool $more --fair-sched=try \
        --num-callers=20 --read-inline-info=no \
        --xml=yes --xml-file=log ./plain "$@" >/dev/null 2>&1
    cp log "$here/$to"
}
checked helgrind '' helgrind-races.xml $races
checked helgrind '' helgrind-locks.xml $locks
checked helgrind '' helgrind-cond.xml cond_unlocked cond_dubious cond_destroy
leaks='--leak-check=full --show-leak-kinds=all'
checked memcheck "$leaks" memcheck-access.xml use_freed overrun free_wrong \
    unset race_free
checked memcheck "$leaks" memcheck-leaks.xml leak thread_leak
checked memcheck "$leaks" memcheck-crash.xml use_freed crash

cp "$here/program/broken.c" "$here/program/broken.h" .
for compiler in gcc clang; do
    LC_ALL=C $compiler -Wall -Wextra -Werror=format -fsyntax-only broken.c \
        2>"$here/$compiler.txt"
done
