// SPDX-License-Identifier: Apache-2.0
// Sees from outside which keepalive time a server's sockets run with: asks sock_diag(7) for the keepalive timer of the server's end of
// a connection on 127.0.0.1, by ports. Lines in, one line out each, times of CLOCK_MONOTONIC in nanoseconds:
//   new PORT LOW HIGH             connects again and again until the server's end of a new connection has a timer in [LOW, HIGH] s
//   open PORT LOW HIGH MS CLIENT_PORT...   waits until the server's ends of all these have, at most MS: a time, or `never`
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { KEEPALIVE_TIMER = 2, PAUSE_US = 200, MAX_CLIENTS = 64, LINE = 4096 };

static int diag;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// Milliseconds left on the keepalive timer of the socket at server_port whose peer is client_port; -1 without one.
static long timer_ms(int server_port, int client_port) {
  struct {
    struct nlmsghdr head;
    struct inet_diag_req_v2 body;
  } request = {
      .head = {.nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
      .body = {.sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .idiag_states = -1},
  };
  request.body.id.idiag_sport = htons(server_port);
  request.body.id.idiag_dport = htons(client_port);
  request.body.id.idiag_src[0] = request.body.id.idiag_dst[0] = htonl(INADDR_LOOPBACK);
  request.body.id.idiag_cookie[0] = request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  if (send(diag, &request, sizeof request, 0) < 0) die("send");
  char answer[4096];
  if (recv(diag, answer, sizeof answer, 0) < 0) die("recv");
  struct nlmsghdr *head = (struct nlmsghdr *)answer;
  if (head->nlmsg_type != SOCK_DIAG_BY_FAMILY) return -1;
  struct inet_diag_msg *found = NLMSG_DATA(head);
  return found->idiag_timer == KEEPALIVE_TIMER ? (long)found->idiag_expires : -1;
}

static int is_within(long ms, long low, long high) { return ms >= low * 1000 && ms <= high * 1000; }

static int connect_to(int port, int *client_port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) die("connect");
  struct sockaddr_in own;
  socklen_t size = sizeof own;
  getsockname(fd, (struct sockaddr *)&own, &size);
  *client_port = ntohs(own.sin_port);
  return fd;
}

static void wait_new(int port, long low, long high) {
  for (;;) {
    int client_port;
    int fd = connect_to(port, &client_port);
    long ms = -1;
    // A proxy may set its values only when it accepts.
    for (int i = 0; i < 50 && ms < 0; i++) {
      ms = timer_ms(port, client_port);
      if (ms < 0) usleep(PAUSE_US);
    }
    long long seen = now_ns();
    close(fd);
    if (is_within(ms, low, high)) {
      printf("%lld\n", seen);
      return;
    }
    usleep(PAUSE_US);
  }
}

static void wait_open(int port, long low, long high, long deadline_ms, char *clients) {
  int ports[MAX_CLIENTS];
  int count = 0;
  for (char *word = strtok(clients, " \n"); word && count < MAX_CLIENTS; word = strtok(NULL, " \n")) ports[count++] = atoi(word);
  long long until = now_ns() + deadline_ms * 1000000LL;
  for (int i = 0; i < count;) {
    if (is_within(timer_ms(port, ports[i]), low, high)) {
      i++;
      continue;
    }
    if (now_ns() > until) {
      printf("never\n");
      return;
    }
    usleep(PAUSE_US);
  }
  printf("%lld\n", now_ns());
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  diag = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_SOCK_DIAG);
  if (diag < 0) die("socket");
  char line[LINE];
  while (fgets(line, sizeof line, stdin)) {
    int port, at = 0;
    long low, high, deadline_ms;
    if (sscanf(line, "new %d %ld %ld", &port, &low, &high) == 3) wait_new(port, low, high);
    else if (sscanf(line, "open %d %ld %ld %ld %n", &port, &low, &high, &deadline_ms, &at) == 4)
      wait_open(port, low, high, deadline_ms, line + at);
  }
  return 0;
}
