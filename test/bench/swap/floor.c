// SPDX-License-Identifier: Apache-2.0
// The floor of bench `swap`: the system calls that a sweep makes for each socket (five setsockopt, five
// getsockopt, in the worker's order), with nothing around them. Protocol: prints the port it listens on,
// accepts as many connections as the argument says, prints "ready"; each line on standard input then does
// one sweep with values that alternate, and prints its nanoseconds.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

struct option {
  int level;
  int name;
};

static const struct option OPTIONS[] = {
    {IPPROTO_TCP, TCP_KEEPINTVL}, {IPPROTO_TCP, TCP_KEEPCNT},  {IPPROTO_TCP, TCP_USER_TIMEOUT},
    {SOL_SOCKET, SO_KEEPALIVE},   {IPPROTO_TCP, TCP_KEEPIDLE},
};
enum { COUNT = sizeof OPTIONS / sizeof OPTIONS[0] };

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void sweep(const int *fds, int count, const int *values) {
  for (int i = 0; i < count; i++) {
    for (int o = 0; o < COUNT; o++) {
      if (setsockopt(fds[i], OPTIONS[o].level, OPTIONS[o].name, &values[o], sizeof(int)) != 0)
        die("setsockopt");
    }
    for (int o = 0; o < COUNT; o++) {
      int actual = 0;
      socklen_t size = sizeof actual;
      if (getsockopt(fds[i], OPTIONS[o].level, OPTIONS[o].name, &actual, &size) != 0)
        die("getsockopt");
      if (actual != values[o]) {
        fprintf(stderr, "option %d reads back %d, not %d\n", o, actual, values[o]);
        exit(1);
      }
    }
  }
}

static int listen_on_loopback(void) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) != 0) die("bind");
  if (listen(listener, 4096) != 0) die("listen");
  if (getsockname(listener, (struct sockaddr *)&address, &size) != 0) die("getsockname");
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 0;
  int *fds = calloc((size_t)count + 1, sizeof(int));
  if (fds == NULL) die("calloc");
  int listener = listen_on_loopback();
  for (int i = 0; i < count; i++) {
    fds[i] = accept(listener, NULL, NULL);
    if (fds[i] < 0) die("accept");
  }
  printf("ready\n");
  fflush(stdout);

  const int first[COUNT] = {5, 3, 0, 1, 30};
  const int second[COUNT] = {7, 4, 0, 1, 45};
  char line[64];
  for (int turn = 0; fgets(line, sizeof line, stdin) != NULL; turn++) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    sweep(fds, count, turn % 2 == 0 ? first : second);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%lld\n", (end.tv_sec - start.tv_sec) * 1000000000LL + (end.tv_nsec - start.tv_nsec));
    fflush(stdout);
  }
  free(fds);
  return 0;
}
