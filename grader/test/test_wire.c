/*
 * test_wire.c - what is on its way, asked of real connections, by both ways
 * to ask the kernel.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

static int listening, port;

static void setup(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listening = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(listening, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(listening, 8), 0);
    getsockname(listening, (struct sockaddr *)&address, &size);
    port = ntohs(address.sin_port);
}

TestSuite(wire, .init = setup);

static int connect_to(int to)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)to);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Until it is quiet, or for so long that it never will be. */
static bool becomes_quiet(void)
{
    for (int i = 0; i < 2000; i++) {
        if (wire_is_quiet(getpid(), port) &&
            wire_table_is_quiet(getpid(), port))
            return true;
        usleep(1000);
    }
    return false;
}

/* More than the receiver has room for. */
static void fill(int fd)
{
    static const char bytes[65536];

    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, bytes, sizeof bytes) > 0)
        ;
}

Test(wire, connections_that_say_nothing)
{
    int waits = connect_to(port); /* nobody accepts it */
    int client = connect_to(port);

    cr_expect(becomes_quiet());
    close(waits);
    close(client);
}

Test(wire, bytes_that_have_come_are_not_on_their_way)
{
    int client = connect_to(port), server = accept(listening, NULL, NULL);

    cr_assert_eq(write(client, "GET", 3), 3);
    cr_expect(becomes_quiet());
    close(server);
    close(client);
}

Test(wire, bytes_that_have_not_come)
{
    int client = connect_to(port), server = accept(listening, NULL, NULL);

    fill(client);
    cr_expect_not(wire_is_quiet(getpid(), port), "from the client");
    cr_expect_not(wire_table_is_quiet(getpid(), port), "from the client");
    close(client);
    close(server); /* with bytes unread: a reset */
    cr_expect(becomes_quiet());

    client = connect_to(port);
    server = accept(listening, NULL, NULL);
    fill(server);
    cr_expect_not(wire_is_quiet(getpid(), port), "from the server");
    cr_expect_not(wire_table_is_quiet(getpid(), port), "from the server");
}

Test(wire, others_are_of_no_matter)
{
    int other = listening, busy_port = port, client, server;

    client = connect_to(busy_port);
    server = accept(other, NULL, NULL);
    setup();
    fill(client);
    fill(server);
    cr_expect(wire_is_quiet(getpid(), port));
    cr_expect(wire_table_is_quiet(getpid(), port));
    cr_expect_not(wire_is_quiet(getpid(), busy_port));
}

/* More sockets than one answer of the kernel holds. */
Test(wire, many)
{
    int clients[300];

    listen(listening, 512);
    for (int i = 0; i < 300; i++)
        clients[i] = connect_to(port);
    cr_expect(becomes_quiet());
    fill(clients[150]);
    cr_expect_not(wire_is_quiet(getpid(), port));
    cr_expect_not(wire_table_is_quiet(getpid(), port));
}
