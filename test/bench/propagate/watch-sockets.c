// SPDX-License-Identifier: Apache-2.0
// Sees from outside when the sockets of another process change: duplicates every TCP socket of process PID
// whose local port is PORT (pidfd_getfd(2): the duplicate is the same socket), listening ones apart.
// Protocol: prints "<listening> <connected>". A line "<idle seconds>" waits until the duplicates' TCP_KEEPIDLE
// has that value, then prints two times of CLOCK_MONOTONIC in nanoseconds: when the last listening socket had
// it, and when the last of every 100th connected one had it. A line "=<idle seconds>" looks at every connected
// one once and prints how many have another value.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SOCKETS = 20000, PAUSE_US = 100, STEP = 100 };

struct set {
  int fds[MAX_SOCKETS];
  int count;
};

static struct set listening, connected;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int local_port(int fd) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) return -1;
  if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&address)->sin_port);
  if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return -1;
}

static void keep(int fd, int port) {
  int accepts = 0;
  socklen_t size = sizeof accepts;
  if (local_port(fd) != port ||
      getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) != 0) {
    close(fd);
    return;
  }
  struct set *set = accepts ? &listening : &connected;
  if (set->count == MAX_SOCKETS) die("too many sockets");
  set->fds[set->count++] = fd;
}

static void duplicate_sockets(int pid, int port) {
  int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (pidfd < 0) die("pidfd_open");
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  DIR *directory = opendir(path);
  if (directory == NULL) die(path);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    int fd = (int)syscall(SYS_pidfd_getfd, pidfd, atoi(entry->d_name), 0);
    if (fd >= 0) keep(fd, port);
  }
  closedir(directory);
}

// A duplicate outlives a connection that its owner closed; nothing will ever change on it.
static int is_gone(int fd) {
  struct tcp_info info;
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) die("getsockopt TCP_INFO");
  return info.tcpi_state != TCP_ESTABLISHED && info.tcpi_state != TCP_LISTEN;
}

static int has_value(int fd, int idle) {
  int actual = 0;
  socklen_t size = sizeof actual;
  if (getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &actual, &size) != 0) die("getsockopt");
  return actual == idle || is_gone(fd);
}

// Asks every `step`th socket, and the first and the last, until it has changed. Asking all of them while the
// worker writes would slow what is measured: both want the same locks and the same cache lines.
static long long wait_for(const struct set *set, int idle, int step) {
  for (int next = set->count - 1; next >= 0;) {
    if (!has_value(set->fds[next], idle))
      usleep(PAUSE_US);
    else if (next == 0)
      break;
    else
      next = next > step ? next - step : 0;
  }
  return now_ns();
}

static int count_without(const struct set *set, int idle) {
  int count = 0;
  for (int i = 0; i < set->count; i++) count += !has_value(set->fds[i], idle);
  return count;
}

int main(int argc, char **argv) {
  if (argc != 3) die("usage: watch-sockets PID PORT");
  duplicate_sockets(atoi(argv[1]), atoi(argv[2]));
  printf("%d %d\n", listening.count, connected.count);
  fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (line[0] == '=') {
      printf("%d\n", count_without(&connected, atoi(line + 1)));
    } else {
      int idle = atoi(line);
      long long listeners_ns = wait_for(&listening, idle, 1);
      long long connections_ns = wait_for(&connected, idle, STEP);
      printf("%lld %lld\n", listeners_ns, connections_ns);
    }
    fflush(stdout);
  }
  return 0;
}
