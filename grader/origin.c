/*
 * origin.c - the kit's own HTTP server: for exercises that download, and for
 * whoever wants to look at it (make serve). A program of its own.
 *
 *     origin PROGRAM ARGS...    serves while PROGRAM runs
 *     origin                    serves until Ctrl-C
 *
 * It listens on 127.0.0.1, on a port that the kernel picks, and tells the
 * program where: INTERLEAVE_ORIGIN=http://127.0.0.1:PORT. On 127.0.0.2 it
 * listens as well, on the same port: to a client that is another host, and what
 * is counted is counted together. The program is its child, with its standard
 * streams, its environment and its folder; it ends when the program ends, and
 * in the same way. When its own parent dies it dies, and the program with it.
 *
 * What a path does is said in origin_requests.c, what is counted in
 * origin_keys.c. Requests that are held are let go by the grader, when it
 * sees that nobody can move any more (grader/stillness.h).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "origin.h"

/* Quiet for so long, with requests held. Less and less often: the grader's two
 * looks must fit between two hints, and on a machine that is busy, or has many
 * connections, they take their time. */
#define HINT_MS      1
#define HINT_MOST_MS 1024

struct server {
    struct MHD_Daemon *daemon;
    int listening; /* libmicrohttpd's */
    int elsewhere; /* 127.0.0.2 */
    int port;
    pid_t program; /* 0: none */
    int epoll;     /* libmicrohttpd's */
    int watch;     /* clients that go away */
    int bell;
    int signals;
    int hint_ms; /* the next pause before a hint */
};

static void fail(const char *what)
{
    fprintf(stderr, "origin: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* A socket that listens there, on *port, or one that the kernel picks if that
 * is 0; -1 with errno. */
static int listen_on(in_addr_t host, int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error;

    address.sin_addr.s_addr = htonl(host);
    address.sin_port = htons((uint16_t)*port);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 &&
        listen(fd, 512) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &size) == 0) {
        *port = ntohs(address.sin_port);
        return fd;
    }
    error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

/* The port that is free on one address may be taken on the other. */
static void listen_on_loopback(struct server *server)
{
    for (int tries = 0; tries < 100; tries++) {
        server->port = 0;
        server->listening = listen_on(INADDR_LOOPBACK, &server->port);
        if (server->listening < 0)
            fail("cannot listen on 127.0.0.1");
        server->elsewhere = listen_on(INADDR_LOOPBACK + 1, &server->port);
        if (server->elsewhere >= 0)
            return;
        if (errno != EADDRINUSE)
            break;
        close(server->listening);
    }
    fail("cannot listen on 127.0.0.2");
}

/* ---- the program --------------------------------------------------------- */

static void become_program(pid_t parent, int port, char **argv)
{
    char origin[64];
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    snprintf(origin, sizeof origin, "http://127.0.0.1:%d", port);
    setenv("INTERLEAVE_ORIGIN", origin, 1);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* ETXTBSY: it was linked a moment ago, and another process that was just
     * forked still has the file open for writing, until its exec. */
    for (int tries = 0; tries < 100; tries++) {
        execvp(argv[0], argv);
        if (errno != ETXTBSY)
            break;
        poll(NULL, 0, 10);
    }
    fprintf(stderr, "origin: cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static void start_program(struct server *server, char **argv)
{
    pid_t self = getpid();

    server->program = fork();
    if (server->program < 0)
        fail("cannot fork");
    if (server->program == 0)
        become_program(self, server->port, argv);
}

/* Ends like the program: the same status, or by the same signal. */
static void end_like(int status)
{
    const struct rlimit none = {0, 0};
    sigset_t all;

    if (WIFEXITED(status))
        exit(WEXITSTATUS(status));
    setrlimit(RLIMIT_CORE, &none);
    signal(WTERMSIG(status), SIG_DFL);
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    kill(getpid(), WTERMSIG(status));
    exit(2);
}

/* A child that was stopped or is someone else's does not end the server. */
static void on_signals(struct server *server)
{
    struct signalfd_siginfo info;
    int status;

    while (read(server->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGCHLD)
            exit(0); /* the program follows: PR_SET_PDEATHSIG */
    }
    if (server->program > 0 &&
        waitpid(server->program, &status, WNOHANG) == server->program)
        end_like(status);
}

static void open_signals(struct server *server)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    server->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---- serving ------------------------------------------------------------- */

static void start_serving(struct server *server)
{
    const union MHD_DaemonInfo *info;

    server->watch = origin_watch_open();
    server->bell = bell_open(server->port);
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, origin_answer,
        NULL, MHD_OPTION_LISTEN_SOCKET, server->listening,
        MHD_OPTION_NOTIFY_COMPLETED, origin_completed, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, origin_connected, NULL,
        MHD_OPTION_CONNECTION_LIMIT, 1000u, MHD_OPTION_END);
    if (server->daemon == NULL)
        fail("cannot start libmicrohttpd");
    info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL || server->watch < 0 || server->bell < 0 ||
        server->signals < 0)
        fail("cannot serve");
    server->epoll = info->epoll_fd;
}

/* libmicrohttpd accepts at one address only; these are given to it. */
static void accept_elsewhere(struct server *server)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int fd;

    while ((fd = accept4(server->elsewhere, (struct sockaddr *)&address, &size,
                         SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        MHD_add_connection(server->daemon, fd, (struct sockaddr *)&address,
                           size);
        size = sizeof address;
    }
}

/* All that libmicrohttpd can do without waiting. */
static void serve_now(struct server *server)
{
    MHD_UNSIGNED_LONG_LONG wait;

    do {
        accept_elsewhere(server);
        origin_sweep();
        MHD_run(server->daemon);
    } while (origin_resumed() ||
             (MHD_get_timeout(server->daemon, &wait) == MHD_YES && wait == 0));
}

/*
 * Sleeps until there is something to do. While requests are held, the grader
 * gets a hint when nothing has come for a moment; then less often.
 */
static bool sleep_until_needed(struct server *server, int tick_ms)
{
    struct pollfd wait[] = {{.fd = server->epoll, .events = POLLIN},
                            {.fd = server->watch, .events = POLLIN},
                            {.fd = server->bell, .events = POLLIN},
                            {.fd = server->signals, .events = POLLIN},
                            {.fd = server->elsewhere, .events = POLLIN}};
    unsigned holds = origin_holds();
    bool hint = holds > 0 && (tick_ms < 0 || server->hint_ms < tick_ms);

    bell_tell(holds, origin_acts());
    if (poll(wait, 5, hint ? server->hint_ms : tick_ms) == 0 && hint) {
        bell_hint();
        if (server->hint_ms < HINT_MOST_MS)
            server->hint_ms *= 2;
        return false;
    }
    server->hint_ms = HINT_MS;
    if (wait[2].revents != 0) {
        bell_heard(server->bell);
        serve_now(server); /* what has come is counted first */
        origin_let_go();
    }
    if (wait[3].revents != 0)
        on_signals(server);
    return true;
}

static void serve(struct server *server)
{
    for (;;) {
        int tick;

        do {
            serve_now(server);
            tick = origin_tick();
        } while (origin_resumed());
        while (!sleep_until_needed(server, tick))
            ;
    }
}

int main(int argc, char **argv)
{
    struct server server = {.hint_ms = HINT_MS};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    listen_on_loopback(&server);
    open_signals(&server);
    if (argc > 1)
        start_program(&server, argv + 1);
    start_serving(&server);
    if (argc == 1) {
        printf("http://127.0.0.1:%d\n\n%s\nCtrl-C ends it.\n", server.port,
               origin_help);
        fflush(stdout);
    }
    serve(&server);
}
