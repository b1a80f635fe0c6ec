// A command for each thing that a program does with its world; program.rs and program.go do the same.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int fail(const char *why) {
  fprintf(stderr, "%s\n", why);
  return 1;
}

static int copy(FILE *from, FILE *to) {
  char part[4096];
  for (size_t size; (size = fread(part, 1, sizeof part, from)) > 0;) fwrite(part, 1, size, to);
  return ferror(from) ? 1 : 0;
}

int main(int count, char **words) {
  const char *command = count > 1 ? words[1] : "", *first = count > 2 ? words[2] : "", *second = count > 3 ? words[3] : "";
  if (strcmp(command, "args") == 0) {
    for (int i = 1; i < count; i++) puts(words[i]);
  } else if (strcmp(command, "env") == 0) {
    const char *value = getenv(first);
    puts(value ? value : "(none)");
  } else if (strcmp(command, "read") == 0) {
    FILE *file = fopen(first, "rb");
    return file == NULL || copy(file, stdout) ? fail("can't read") : 0;
  } else if (strcmp(command, "write") == 0) {
    FILE *file = fopen(first, "wb");
    if (file == NULL || fputs(second, file) == EOF || fclose(file) != 0) return fail("can't write");
  } else if (strcmp(command, "echo") == 0) {
    return copy(stdin, stdout);
  } else if (strcmp(command, "complain") == 0) {
    fprintf(stderr, "%s\n", first);
  } else if (strcmp(command, "sleep") == 0) {
    long ms = atol(first);
    struct timespec duration = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&duration, NULL);
    puts("awake");
  } else if (strcmp(command, "exit") == 0) {
    exit(atoi(first));
  } else {
    return fail("unknown command");
  }
  return 0;
}
