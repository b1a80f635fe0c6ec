// One function for each part of WASI, by way of wasi-libc. The bindings (wasi.h) are made by wit-bindgen, see build.sh.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wasi/api.h>

#include "wasi.h"

static void *allocate(size_t size) {
  void *memory = calloc(size ? size : 1, 1);
  if (memory == NULL) abort();
  return memory;
}

// The text as C wants it; the caller frees it.
static char *c_string(const wasi_string_t *text) {
  char *copy = allocate(text->len + 1);
  if (text->len) memcpy(copy, text->ptr, text->len);
  return copy;
}

static bool failed(wasi_string_t *err) {
  wasi_string_dup(err, strerror(errno));
  return false;
}

static void print_to(FILE *file, wasi_string_t *text) {
  fprintf(file, "%.*s\n", (int)text->len, text->len ? (const char *)text->ptr : "");
  fflush(file);
  wasi_string_free(text);
}

uint32_t exports_wasi_add(uint32_t a, uint32_t b) { return a + b; }

void exports_wasi_arguments(wasi_list_string_t *ret) {
  __wasi_size_t count, size;
  if (__wasi_args_sizes_get(&count, &size)) abort();
  uint8_t **arguments = allocate(count * sizeof *arguments), *bytes = allocate(size);
  if (__wasi_args_get(arguments, bytes)) abort();
  *ret = (wasi_list_string_t){.ptr = allocate(count * sizeof(wasi_string_t)), .len = count};
  for (size_t i = 0; i < count; i++) wasi_string_dup(&ret->ptr[i], (char *)arguments[i]);
  free(arguments);
  free(bytes);
}

bool exports_wasi_variable(wasi_string_t *name, wasi_string_t *ret) {
  char *wanted = c_string(name);
  const char *value = getenv(wanted);
  free(wanted);
  wasi_string_free(name);
  if (value == NULL) return false;
  wasi_string_dup(ret, value);
  return true;
}

void exports_wasi_say(wasi_string_t *text) { print_to(stdout, text); }

void exports_wasi_complain(wasi_string_t *text) { print_to(stderr, text); }

void exports_wasi_leave(uint32_t code) { exit((int)code); }

bool exports_wasi_read_line(wasi_string_t *ret) {
  char *line = NULL;
  size_t room = 0;
  ssize_t size = getline(&line, &room, stdin);
  if (size < 0) {
    free(line);
    return false;
  }
  if (size > 0 && line[size - 1] == '\n') size--;
  wasi_string_dup_n(ret, line, (size_t)size);
  free(line);
  return true;
}

bool exports_wasi_read_file(wasi_string_t *path, wasi_string_t *ret, wasi_string_t *err) {
  char *name = c_string(path);
  FILE *file = fopen(name, "rb");
  free(name);
  wasi_string_free(path);
  if (file == NULL) return failed(err);
  size_t size = 0, got;
  char *text = NULL, part[4096];
  while ((got = fread(part, 1, sizeof part, file)) > 0) {
    text = realloc(text, size + got);
    if (text == NULL) abort();
    memcpy(text + size, part, got);
    size += got;
  }
  bool broken = ferror(file);
  fclose(file);
  if (broken) {
    free(text);
    return failed(err);
  }
  *ret = (wasi_string_t){.ptr = (uint8_t *)text, .len = size};
  return true;
}

bool exports_wasi_write_file(wasi_string_t *path, wasi_string_t *text, wasi_string_t *err) {
  char *name = c_string(path);
  FILE *file = fopen(name, "wb");
  free(name);
  wasi_string_free(path);
  if (file == NULL) return failed(err);
  bool broken = fwrite(text->ptr, 1, text->len, file) != text->len;
  broken = fclose(file) != 0 || broken;
  wasi_string_free(text);
  return broken ? failed(err) : true;
}

bool exports_wasi_list_folder(wasi_string_t *path, wasi_list_string_t *ret, wasi_string_t *err) {
  char *name = c_string(path);
  DIR *folder = opendir(name);
  free(name);
  wasi_string_free(path);
  if (folder == NULL) return failed(err);
  *ret = (wasi_list_string_t){.ptr = NULL, .len = 0};
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    ret->ptr = realloc(ret->ptr, (ret->len + 1) * sizeof(wasi_string_t));
    if (ret->ptr == NULL) abort();
    wasi_string_dup(&ret->ptr[ret->len++], entry->d_name);
  }
  closedir(folder);
  return true;
}

uint64_t exports_wasi_seconds(void) { return (uint64_t)time(NULL); }

void exports_wasi_sleep_ms(uint32_t ms) {
  struct timespec duration = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
  nanosleep(&duration, NULL);
}

void exports_wasi_random_bytes(uint32_t count, wasi_list_u8_t *ret) {
  *ret = (wasi_list_u8_t){.ptr = allocate(count), .len = count};
  if (__wasi_random_get(ret->ptr, count)) abort();
}

#ifdef UNSTARTED
// Names the start-up code so that the linker does not put it before every export, and never calls it.
extern void __wasm_call_ctors(void);

__attribute__((export_name("never-called"))) void never_called(void) { __wasm_call_ctors(); }
#endif
