/*
 * test.c - the frame around each test: it clears the board, counts what the
 * test leaves behind, and says on the record pipe that the test began and
 * that it came to its end. A test without its end has failed, whatever the
 * process' exit status says.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "faults.h"
#include "inside.h"
#include "interleave.h"
#include "stacks.h"

static int descriptors_before;

/* Of every lens but `faults`, which has faults.c. */
__attribute__((weak)) const char *faults_suffix(void)
{
    return "";
}

__attribute__((weak)) void faults_test_begin(void)
{
}

__attribute__((weak)) void faults_test_end(void)
{
}

__attribute__((weak)) enum fault fault_kind(void)
{
    return FAULT_NONE;
}

__attribute__((weak)) void faults_allow(unsigned set)
{
    (void)set;
}

__attribute__((weak)) void faults_spare(const char *call)
{
    (void)call;
}

/* Open descriptors; those at the very top are Valgrind's own. */
static int count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    struct rlimit limit;
    struct dirent *entry;
    int n = 0;

    if (folder == NULL || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    while ((entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' &&
            strtoul(entry->d_name, NULL, 10) < limit.rlim_cur)
            n++;
    closedir(folder);
    return n;
}

QUIET static void board_clear(const char *test)
{
    const struct frames none = {{0}};

    board->pid = 0;
    board->lock = 0; /* of a thread that was killed with it in hand */
    board->rows_used = 0;
    board->alive = board->running = board->pending = board->trying = 0;
    board->most = 0;
    snprintf(board->test, sizeof board->test, "%s%s", test, faults_suffix());
    row_adopt(row_new(&none), (uint64_t)__builtin_frame_address(0) + 4096);
    board->serial += 1;
    board->pid = getpid();
}

static bool is_spent(const char *test)
{
    for (uint32_t i = 0; i < board->spent_count && i < BOARD_SUITES; i++) {
        size_t length = strnlen(board->spent[i], BOARD_SUITE);

        if (strncmp(test, board->spent[i], length) == 0 && test[length] == '/')
            return true;
    }
    return false;
}

void harness_test_begin(const char *test)
{
    if (board->enough || is_spent(test))
        _exit(1); /* not begun: the grader counts it as never reached */
    board_clear(test);
    crash_install();
    stacks_clear();
    fail_thread_create_after(-1);
    descriptors_before = count_descriptors();
    blocks_clear();
    record_line("start %s", board->test);
    faults_test_begin();
}

void harness_test_end(const char *test)
{
    int left;

    if (board->pid != getpid())
        _exit(1); /* a child that went on in the place of its parent */
    fail_thread_create_after(-1);
    left = wait_for_others();
    (void)test;
    record_line("value %s threads %u", board->test, board->most);
    record_line("value %s threads-left %d", board->test, left);
    record_line("value %s children-left %d", board->test, take_processes());
    record_line("value %s descriptors-left %d", board->test,
                count_descriptors() - descriptors_before);
    mappings_tell();
    blocks_tell();
    faults_test_end();
    record_line("end %s", board->test);
    board->pid = 0;
}
