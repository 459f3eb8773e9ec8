/*
 * test_origin.c - the web server, asked with plain sockets: what it sends, how
 * it counts, whom it holds, and that it leaves nothing behind.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../harness/board.h"
#include "../../harness/body.h"

#define ANSWER 65536

struct server {
    pid_t pid;
    int port;
};

static char program[PATH_MAX]; /* build/origin */
static struct server server;

static void find_origin(void)
{
    while (access("build/origin", X_OK) != 0) {
        char here[PATH_MAX];

        cr_assert(getcwd(here, sizeof here) != NULL && strcmp(here, "/") != 0,
                  "build/origin is not there");
        cr_assert(chdir("..") == 0);
    }
    cr_assert(realpath("build/origin", program) != NULL);
}

/* A server without a program says where it is. */
static struct server start(void)
{
    struct server new = {.port = 0};
    char line[128] = "";
    int ends[2];
    FILE *out;

    cr_assert(pipe2(ends, O_CLOEXEC) == 0);
    new.pid = fork();
    if (new.pid == 0) {
        dup2(ends[1], 1);
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    out = fdopen(ends[0], "r");
    cr_assert(out != NULL && fgets(line, sizeof line, out) != NULL);
    cr_assert(sscanf(line, "http://127.0.0.1:%d", &new.port) == 1);
    fclose(out);
    return new;
}

static void stop(const struct server *old)
{
    kill(old->pid, SIGTERM);
    waitpid(old->pid, NULL, 0);
}

static void set_up(void)
{
    find_origin();
    server = start();
}

static void tear_down(void)
{
    stop(&server);
}

TestSuite(origin, .init = set_up, .fini = tear_down, .timeout = 60);

/* A connection; -1 when nobody listens there. */
static int connect_at(in_addr_t host, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(host);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static int connect_to(int port)
{
    return connect_at(INADDR_LOOPBACK, port);
}

static int ask_at(in_addr_t host, const char *path)
{
    int fd = connect_at(host, server.port);
    char text[256];
    int n = snprintf(text, sizeof text,
                     "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                     path);

    cr_assert(fd >= 0);
    cr_assert(send(fd, text, (size_t)n, MSG_NOSIGNAL) == n);
    return fd;
}

static int ask(const char *path)
{
    return ask_at(INADDR_LOOPBACK, path);
}

static bool answered(int fd, int ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, ms) > 0;
}

/* The whole answer; its size. A 0 stands behind it. */
static size_t read_answer(int fd, char *answer)
{
    size_t used = 0;
    ssize_t n;

    while ((n = recv(fd, answer + used, ANSWER - 1 - used, 0)) > 0)
        used += (size_t)n;
    answer[used] = '\0';
    close(fd);
    return used;
}

static const char *get(const char *path)
{
    static char answer[ANSWER];

    read_answer(ask(path), answer);
    return answer;
}

/* The body of an answer, and how long it is. */
static const char *body_of(const char *answer, size_t size, size_t *length)
{
    const char *body = memmem(answer, size, "\r\n\r\n", 4);

    cr_assert(body != NULL);
    *length = size - (size_t)(body + 4 - answer);
    return body + 4;
}

static long count(const char *key, const char *name)
{
    char path[64];
    const char *at;

    snprintf(path, sizeof path, "/%s/report", key);
    at = strstr(get(path), name);
    cr_assert(at != NULL, "no %s in the report", name);
    return atol(at + strlen(name));
}

/* ---- what it sends ------------------------------------------------------- */

Test(origin, sends_the_same_bytes_for_a_seed)
{
    static char answer[ANSWER];
    size_t length, size = read_answer(ask("/k/body/5000/7"), answer);
    const char *body = body_of(answer, size, &length);

    cr_assert_eq(length, 5000);
    for (size_t i = 0; i < length; i++)
        cr_assert_eq((unsigned char)body[i], body_byte(7, i));
    size = read_answer(ask("/k/drip/5000/7"), answer);
    body_of(answer, size, &length);
    cr_assert_eq(length, 5000, "a drip comes to its end");
    size = read_answer(ask("/k/trickle/4/7"), answer);
    body = body_of(answer, size, &length);
    cr_assert_eq(length, 4, "a trickle comes to its end");
    cr_assert_eq((unsigned char)body[3], body_byte(7, 3));
}

Test(origin, sends_statuses_and_redirects)
{
    cr_assert(strstr(get("/k/status/404"), "HTTP/1.1 404 ") != NULL);
    cr_assert(strstr(get("/k/status/500"), "HTTP/1.1 500 ") != NULL);
    cr_assert(strstr(get("/k/redirect/302"), "Location: /k/elsewhere") != NULL);
    cr_assert(strstr(get("/k/no-such-thing"), "together/N") != NULL,
              "what is not known is explained");
}

Test(origin, has_bad_manners)
{
    static char answer[ANSWER];
    size_t length, size;

    cr_assert_str_empty(get("/k/close"));
    size = read_answer(ask("/k/truncated/1000"), answer);
    body_of(answer, size, &length);
    cr_assert(strstr(answer, "Content-Length: 1000") != NULL);
    cr_assert_eq(length, 500);
    size = read_answer(ask("/k/longer/1000"), answer);
    body_of(answer, size, &length);
    cr_assert(strstr(answer, "Content-Length: 1000") != NULL);
    cr_assert(length > 1000);
    cr_assert(strncmp(get("/k/garbage"), "HTTP", 4) != 0);
}

Test(origin, tells_what_was_posted)
{
    static char answer[ANSWER];
    const char *head = "POST /k/echo HTTP/1.1\r\nHost: h\r\n"
                       "Connection: close\r\nContent-Length: 5\r\n\r\n";
    int fd = connect_to(server.port);
    char expected[64];

    cr_assert(send(fd, head, strlen(head), 0) > 0);
    cr_assert(send(fd, "a\0b\0c", 5, 0) == 5);
    read_answer(fd, answer);
    snprintf(expected, sizeof expected, "5 %016llx\n",
             (unsigned long long)body_sum(BODY_SUM, "a\0b\0c", 5));
    cr_assert(strstr(answer, expected) != NULL, "%s", answer);
    cr_assert_eq(count("k", "posts"), 1);
}

/* ---- how it counts ------------------------------------------------------- */

Test(origin, counts_each_key_for_itself)
{
    get("/a.one/status/200/1");
    get("/a.one/status/200/2");
    get("/a.one/status/200/2");
    get("/a.two/status/200/1");
    cr_assert_eq(count("a.one", "requests"), 2);
    cr_assert_eq(count("a.one", "duplicates"), 1);
    cr_assert_eq(count("a.one", "connections"), 3);
    cr_assert_eq(count("a.one", "most-in-flight"), 1);
    cr_assert_eq(count("a.two", "requests"), 1);
}

/* Each answer is counted out before what it causes is counted in. */
Test(origin, counts_exactly)
{
    for (int i = 0; i < 500; i++) {
        char path[64];

        snprintf(path, sizeof path, "/k/body/%d/1", i);
        get(path);
    }
    cr_assert_eq(count("k", "most-in-flight"), 1);
}

Test(origin, counts_out_who_has_gone_away)
{
    static const char *const paths[] = {"/k/never/%d", "/k/silent/100/1/%d",
                                        "/k/endless/%d", "/k/until/9999/%d"};

    for (int i = 0; i < 80; i++) {
        char path[64];
        int fd;

        snprintf(path, sizeof path, paths[i % 4], i);
        fd = ask(path);
        if (i % 8 >= 4 && i % 2 == 1)
            answered(fd, 1000);
        close(fd);
    }
    cr_assert_eq(count("k", "most-in-flight"), 1);
    cr_assert_gt(count("k", "gave-up"), 0);
}

/* ---- whom it holds ------------------------------------------------------- */

Test(origin, answers_nobody_before_all_are_there)
{
    int first = ask("/k/together/3/status/200/1");
    int second = ask("/k/together/3/status/200/2");
    int third;

    cr_assert(!answered(first, 100) && !answered(second, 0));
    third = ask("/k/together/3/status/200/3");
    cr_assert(answered(first, 5000) && answered(second, 5000) &&
              answered(third, 5000));
    cr_assert_eq(count("k", "most-in-flight"), 3);
    cr_assert_eq(count("k", "let-go"), 0);
}

Test(origin, holds_until_so_many_have_come)
{
    int first = ask("/k/until/3/status/200/1");

    get("/k/status/200/2");
    cr_assert(!answered(first, 100));
    get("/k/status/200/3");
    cr_assert(answered(first, 5000));
}

/* Makes a server with a board and a record, as the grader does. */
static struct board *start_watched(char *record)
{
    char path[] = "/tmp/origin-board-XXXXXX";
    int fd = mkstemp(path), other = mkstemp(record);
    struct board *board;

    cr_assert(fd >= 0 && other >= 0 && ftruncate(fd, sizeof *board) == 0);
    board =
        mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    cr_assert(board != MAP_FAILED);
    close(fd);
    close(other);
    setenv("INTERLEAVE_BOARD", path, 1);
    setenv("INTERLEAVE_RECORD", record, 1);
    setenv("INTERLEAVE_SECRET", "secret", 1);
    stop(&server);
    server = start();
    get("/k/status/200"); /* it serves, so the board is mapped */
    unlink(path);
    return board;
}

/* The second is what the first waits for. */
Test(origin, counts_both_of_its_addresses_together)
{
    static char answer[ANSWER];
    int here = ask("/k/together/2/status/200/1"), there;

    cr_assert(!answered(here, 20));
    there = ask_at(INADDR_LOOPBACK + 1, "/k/together/2/status/200/2");
    read_answer(here, answer);
    cr_assert(strncmp(answer, "HTTP/1.1 200 ", 13) == 0);
    read_answer(there, answer);
    cr_assert(strncmp(answer, "HTTP/1.1 200 ", 13) == 0);
    cr_assert(count("k", "most-in-flight ") == 2);
    cr_assert(count("k", "connections ") == 2);
}

Test(origin, is_let_go_by_the_grader)
{
    char record[] = "/tmp/origin-record-XXXXXX", text[4096] = "";
    struct board *board = start_watched(record);
    int held = ask("/suite.name/together/2/status/200");
    FILE *file;

    cr_assert_eq(board->origin, server.pid);
    cr_assert(!answered(held, 100));
    cr_assert_eq(board->holds, 1);
    board->let_go_origin += 1;
    board->bell += 1;
    syscall(SYS_futex, (void *)&board->bell, FUTEX_WAKE, INT_MAX, NULL, NULL,
            0);
    cr_assert(answered(held, 5000));
    cr_assert_eq(count("suite.name", "let-go"), 1);
    cr_assert_eq(board->holds, 0);
    file = fopen(record, "r");
    cr_assert(file != NULL && fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    unlink(record);
    cr_assert(strstr(text, "hint\n") != NULL);
    cr_assert(strstr(text, "secret value suite/name let-go 1\n") != NULL);
}

/* ---- beginning and end --------------------------------------------------- */

static int run(const char *command)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        execl(program, program, "sh", "-c", command, (char *)NULL);
        _exit(126);
    }
    cr_assert(waitpid(pid, &status, 0) == pid);
    return status;
}

Test(origin, ends_like_its_program)
{
    int status = run("exit 7");

    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = run("kill -9 $$");
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    status = run("kill -15 $$");
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    status = run("test -n \"$INTERLEAVE_ORIGIN\"");
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* What a program finds when it begins: descriptors and signals. */
static void begin_of(bool served, char *text, size_t size)
{
    static const char command[] =
        "ls /proc/self/fd | wc -l; grep -E '^Sig(Blk|Ign)' /proc/self/status";
    int ends[2];
    pid_t pid;
    ssize_t n;

    cr_assert(pipe2(ends, O_CLOEXEC) == 0);
    pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        if (served)
            execl(program, program, "sh", "-c", command, (char *)NULL);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    waitpid(pid, NULL, 0);
    n = read(ends[0], text, size - 1);
    text[n > 0 ? n : 0] = '\0';
    close(ends[0]);
}

Test(origin, leaves_its_program_as_it_found_it)
{
    char alone[512], served[512];

    begin_of(false, alone, sizeof alone);
    begin_of(true, served, sizeof served);
    cr_assert_str_eq(served, alone);
}

/* Of a parent that is killed nothing is left, and nobody listens. */
Test(origin, dies_with_its_parent)
{
    int ends[2], port = 0;
    pid_t parent;
    char text[64] = "";

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    cr_assert(pipe(ends) == 0);
    parent = fork();
    if (parent == 0) {
        if (fork() == 0) {
            dup2(ends[1], 1);
            execl(program, program, "sh", "-c",
                  "echo $INTERLEAVE_ORIGIN; exec sleep 1000", (char *)NULL);
        }
        pause();
    }
    cr_assert(read(ends[0], text, sizeof text - 1) > 0);
    cr_assert(sscanf(text, "http://127.0.0.1:%d", &port) == 1);
    kill(parent, SIGKILL);
    stop(&server);
    while (waitpid(-1, NULL, 0) > 0)
        ; /* all of them have become ours, and end */
    cr_assert_eq(connect_to(port), -1);
    server = start();
}

Test(origin, two_do_not_meet)
{
    struct server other = start();

    cr_assert_neq(other.port, server.port);
    get("/k/status/200");
    cr_assert_eq(count("k", "requests"), 1);
    stop(&other);
}
