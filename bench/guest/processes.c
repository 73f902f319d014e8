// Processes: fork, exec and wait, and messages passed round by pipes.
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rows.h"

static pid_t checked_fork(void) {
  const pid_t child = fork();
  if (child < 0) die("fork: %s", strerror(errno));
  return child;
}

static uint32_t status_of(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) die("waitpid: %s", strerror(errno));
  return (uint32_t)status;
}

static uint32_t run_fork_exec_wait(uint32_t rounds, uint32_t parameter) {
  (void)parameter;
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    const pid_t child = checked_fork();
    if (child == 0) {
      execl("/proc/self/exe", "bench", "exit", (char*)NULL);
      _exit(127);
    }
    const uint32_t status = status_of(child);
    if (status != 0) die("the executed program ended with status %x", status);
    sum = mix(sum, status + round);
  }
  return sum;
}

enum { kMaximumProcesses = 64, kMessagesPerRound = 192 };

// Pipe i leads to process i; the last process writes to pipe 0. A pipe that is closed ends its reader.
static int pipes[kMaximumProcesses][2];

static void open_pipes(uint32_t processes) {
  if (processes == 0 || processes > kMaximumProcesses) die("a ring of %u processes", processes);
  for (uint32_t i = 0; i < processes; ++i) {
    if (pipe(pipes[i]) != 0) die("pipe: %s", strerror(errno));
  }
}

static void close_pipes(uint32_t processes) {
  for (uint32_t i = 0; i < processes; ++i) {
    close(pipes[i][0]);
    close(pipes[i][1]);
  }
}

static void pass_on(uint32_t self, uint32_t processes) {
  const int in = pipes[self][0], out = pipes[(self + 1) % processes][1];
  for (uint32_t i = 0; i < processes; ++i) {
    if (pipes[i][0] != in) close(pipes[i][0]);
    if (pipes[i][1] != out) close(pipes[i][1]);
  }
  uint8_t message;
  while (read(in, &message, 1) == 1) {
    ++message;
    if (write(out, &message, 1) != 1) break;
  }
  _exit(0);
}

static pid_t ring[kMaximumProcesses];

static void start_ring(uint32_t processes) {
  open_pipes(processes);
  for (uint32_t i = 1; i < processes; ++i) {
    ring[i] = checked_fork();
    if (ring[i] == 0) pass_on(i, processes);
  }
}

// Sends `messages` one after the other round the ring, and ends its processes.
static uint32_t send_messages(uint32_t messages, uint32_t processes) {
  uint32_t sum = messages;
  uint8_t message = 0;
  for (uint32_t i = 0; i < messages; ++i) {
    if (write(pipes[1 % processes][1], &message, 1) != 1 || read(pipes[0][0], &message, 1) != 1) {
      die("the ring is broken: %s", strerror(errno));
    }
    sum = mix(sum, message);
  }
  close_pipes(processes);
  for (uint32_t i = 1; i < processes; ++i) status_of(ring[i]);
  return sum;
}

// As many messages between neighbours whatever the ring's length (a divisor of them).
static uint32_t run_ring(uint32_t rounds, uint32_t processes) {
  return send_messages(rounds * kMessagesPerRound / processes, processes);
}

const Row kProcessRows[] = {
    {"fork-exec-wait", NULL, run_fork_exec_wait},
    {"ring", start_ring, run_ring},
    {0},
};
