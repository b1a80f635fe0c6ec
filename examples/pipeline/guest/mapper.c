// The data pipeline: users in, users out. The bindings (mapper.h) are made by wit-bindgen, see build.sh.
//
// An export owns its arguments. What a result does not take over is freed here; the result itself is freed by the
// generated post-return function once the host has read it.
#include <stdlib.h>
#include <string.h>

#include "mapper.h"

static void *allocate(size_t size) {
  void *memory = malloc(size);
  if (memory == NULL) abort();
  return memory;
}

static uint8_t *put(uint8_t *to, const void *from, size_t size) {
  memcpy(to, from, size);
  return to + size;
}

// "Alice [admin, dev]", or only the name of a user without tags.
static mapper_string_t display_of(const mapper_user_t *user) {
  size_t size = user->name.len;
  for (size_t i = 0; i < user->tags.len; i++) size += user->tags.ptr[i].len + 2;
  if (user->tags.len != 0) size += 1;

  uint8_t *text = allocate(size + 1), *end = put(text, user->name.ptr, user->name.len);
  for (size_t i = 0; i < user->tags.len; i++) {
    end = put(end, i == 0 ? " [" : ", ", 2);
    end = put(end, user->tags.ptr[i].ptr, user->tags.ptr[i].len);
  }
  if (user->tags.len != 0) end = put(end, "]", 1);
  return (mapper_string_t){.ptr = text, .len = (size_t)(end - text)};
}

void exports_mapper_transform_users(mapper_list_user_t *users, mapper_list_user_view_t *views) {
  *views = (mapper_list_user_view_t){.ptr = NULL, .len = 0};
  if (users->len == 0) return;
  views->len = users->len;
  views->ptr = allocate(users->len * sizeof(mapper_user_view_t));
  for (size_t i = 0; i < users->len; i++) {
    const mapper_user_t *user = &users->ptr[i];
    views->ptr[i] = (mapper_user_view_t){
        .id = user->id,
        .name = user->name,  // moved, like the tags
        .tags = user->tags,
        .active = user->active,
        .display = display_of(user),
        .tag_count = (uint32_t)user->tags.len,
    };
  }
  free(users->ptr);
}

void exports_mapper_filter_active(mapper_list_user_t *users, mapper_list_user_t *active) {
  size_t kept = 0;
  for (size_t i = 0; i < users->len; i++) {
    if (users->ptr[i].active) {
      users->ptr[kept++] = users->ptr[i];
    } else {
      mapper_user_free(&users->ptr[i]);
    }
  }
  if (kept == 0 && users->len != 0) free(users->ptr);
  *active = (mapper_list_user_t){.ptr = kept == 0 ? NULL : users->ptr, .len = kept};
}
