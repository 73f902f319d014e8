// The guest's start: file systems, the serial line to the driver, kernel modules.
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "rows.h"

static void mount_at(const char* type, const char* folder) {
  mkdir(folder, 0755);
  if (mount(type, folder, type, 0, NULL) != 0 && errno != EBUSY)
    die("mounting %s: %s", folder, strerror(errno));
}

void open_serial_line(void) {
  mount_at("devtmpfs", "/dev");
  mount_at("proc", "/proc");
  const int line = open("/dev/ttyS1", O_RDWR | O_NOCTTY);
  struct termios settings;
  if (line < 0 || tcgetattr(line, &settings) != 0) die("/dev/ttyS1: %s", strerror(errno));
  cfmakeraw(&settings);
  cfsetspeed(&settings, B115200);
  settings.c_cflag |= CLOCAL;
  tcsetattr(line, TCSANOW, &settings);
  dup2(line, STDIN_FILENO);
  dup2(line, STDOUT_FILENO);
}

static void load_module(const char* name) {
  const int file = open(name, O_RDONLY | O_CLOEXEC);
  if (file < 0 || syscall(SYS_finit_module, file, "", 0) != 0) die("module %s: %s", name, strerror(errno));
  close(file);
}

void load_modules(void) {
  if (chdir("/modules") != 0) die("/modules: %s", strerror(errno));
  FILE* order = fopen("order", "re");
  if (order == NULL) die("/modules/order: %s", strerror(errno));
  char name[256];
  while (fscanf(order, "%255s", name) == 1) load_module(name);
  fclose(order);
}
