/*
 * page.h - some consecutive messages of a channel with their reactions, read from the tables before
 * any of it is written: what becomes of a page that is too large is decided in between.
 *
 * A page holds as many items as were asked for, or fewer when their JSON might pass
 * TOPO_PAGE_BYTES; it never stops short of one. Where it stops, its cursors go on.
 */
#ifndef TOPO_EVENTS_MESSAGE_PAGE_H
#define TOPO_EVENTS_MESSAGE_PAGE_H

#include "events/reaction/reaction_read.h"
#include "views/cursor.h"
#include "views/view.h"

enum {
  TOPO_PAGE_ITEMS_MAX = 200,
  TOPO_PAGE_EMOJIS_MAX = 50, /* per message; the most used are kept */
  TOPO_PAGE_USERS_MAX = 20,  /* named per emoji; all are counted */
  TOPO_PAGE_BYTES = TOPO_JSON_LIMIT - 4096,
  TOPO_PAGE_USERS_KEPT = 64 /* remembered by row, modulo this number */
};

/* One emoji on one message. */
struct topo_page_group {
  uint8_t emoji[TOPO_EMOJI_MAX];
  size_t emoji_len;
  uint64_t count; /* users */
  bool mine;
  size_t n_users;
  struct topo_id users[TOPO_PAGE_USERS_MAX]; /* those with the smallest ids, ascending */
};

struct topo_page_span {
  size_t at, len; /* in the page's texts */
};

/* Who wrote and who reacted: twenty people fill a page, so each is looked up once. */
struct topo_page_user {
  int64_t no; /* 0: nobody yet */
  struct topo_id id;
  struct topo_page_span name; /* empty when it is not known */
  size_t name_bytes;          /* in JSON, at most */
};

struct topo_page_item {
  int64_t no;
  struct topo_cursor at;
  struct topo_id user;
  struct topo_page_span name, text, key; /* `key` is empty when there is none */
  size_t first_group, n_groups;          /* in the page's groups, by emoji */
  size_t bytes;                          /* its JSON has at most as many */
};

struct topo_page {
  struct topo_id channel;
  int64_t me; /* the user of this space, a row; 0: none yet */
  size_t n;
  struct topo_page_item items[TOPO_PAGE_ITEMS_MAX];  /* ascending by (place, id) */
  struct topo_page_user users[TOPO_PAGE_USERS_KEPT]; /* by row, modulo their number */
  struct topo_buf texts, groups;
};

struct topo_page *topo_page_create(void);       /* NULL: out of memory */
void topo_page_destroy(struct topo_page *page); /* NULL is fine */

/* For those who fill a page. Keeps a text in it; when memory is out, `texts` has failed. */
struct topo_page_span topo_page_keep_text(struct topo_page *page, struct topo_bytes text);
/* For those who fill a page: the user with this row of the log, valid until the next such call.
 * 0, TOPO_ECORRUPT (the log has no such row), TOPO_ENOMEM, or a storage status. */
int topo_page_find_user(struct topo_page *page, const struct topo_view *view, int64_t no,
                        const struct topo_page_user **out);

const struct topo_page_group *topo_page_group(const struct topo_page *page, size_t index);
struct topo_bytes topo_page_text(const struct topo_page *page, struct topo_page_span span);
/* How many bytes a string may have in JSON, with its quotes. */
size_t topo_page_json_size(struct topo_bytes text);

#endif
