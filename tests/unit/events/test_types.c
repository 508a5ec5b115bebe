/*
 * test_types.c - the walk over the table of types: nothing that belongs to a type was forgotten.
 *
 * Each check asks one thing of one type and answers with what is missing. It is asked of every type
 * of the table, which must lack nothing, and of a planted type, whose lack it must see.
 */
#include "api/op.h"
#include "api/operations.gen.h"
#include "base/assert.h"
#include "base/status.h"
#include "events/message/message.h"
#include "events/notification.h"
#include "events/types.h"
#include "unit/dag/compare.h"
#include "unit/dag/golden.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SETS = 60, SET_SIZE = 80, CHANGES_MAX = 64, FIRST_CONTENT = 0x1000, FIRST_LOCAL = 0xf000 };

/* What the checks look at: the golden story as the oracle and as a space sees it. */
struct scene {
  const char *root;
  struct story *story;
  struct oracle_result *oracle;
  struct space *space;
  struct topo_view view;
  struct topo_change changes[CHANGES_MAX];
  size_t n_changes;
  bool generated[UINT16_MAX + 1]; /* types that were accepted in random sets of events */
};

static char missing[512];

/* What a check answers: a sentence about the type. */
static const char *lacks(const struct topo_type *type, const char *what)
{
  snprintf(missing, sizeof missing, "the type %s (0x%04x) %s", type->name, type->number, what);
  return missing;
}

static bool is_content(const struct topo_type *type)
{
  return !type->act;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A whole file below the root, with a NUL that is not counted; false when there is none. */
static bool read_file(const struct scene *s, const char *path, struct topo_buf *out)
{
  char whole[4096];
  snprintf(whole, sizeof whole, "%s/%s", s->root, path);
  FILE *f = fopen(whole, "rb");
  if (!f)
    return false;
  int c;
  while ((c = getc(f)) != EOF)
    topo_assert(topo_buf_put_u8(out, (uint8_t)c) == 0);
  fclose(f);
  topo_assert(topo_buf_put_u8(out, 0) == 0);
  out->len--;
  return true;
}

static size_t golden_index(const char *name)
{
  size_t i = 0;
  while (i < GOLDEN_EVENTS && strcmp(golden_names[i], name) != 0)
    i++;
  return i;
}

static const char *check_golden(const struct scene *s, const struct topo_type *type)
{
  char path[128];
  struct topo_buf text = {0};
  snprintf(path, sizeof path, "tests/golden/events/%s.hex", type->name);
  bool there = read_file(s, path, &text) && text.len > 0;
  topo_buf_finish(&text);
  if (!there)
    return lacks(type, "has no golden bytes in tests/golden/events");
  return golden_index(type->name) == GOLDEN_EVENTS
             ? lacks(type, "is not in the story of tests/unit/dag/golden.c")
             : NULL;
}

/* One seed is the golden event, the other its body: content is sealed, so a fuzzer that begins with
 * the event alone never meets the fields. */
static const char *check_seeds(const struct scene *s, const struct topo_type *type)
{
  char event_path[128], body_path[128];
  struct topo_buf event = {0}, body = {0};
  struct topo_value values[TOPO_FIELDS_MAX];
  snprintf(event_path, sizeof event_path, "tests/fuzz/corpus/event/%s", type->name);
  snprintf(body_path, sizeof body_path, "tests/fuzz/corpus/event/%s.body", type->name);
  bool there = read_file(s, event_path, &event) && read_file(s, body_path, &body);
  bool fits = there && topo_fields_decode(type->fields, topo_buf_view(&body), values) == 0;
  topo_buf_finish(&event);
  topo_buf_finish(&body);
  if (!there)
    return lacks(type, "has no seeds NAME and NAME.body in tests/fuzz/corpus/event");
  return fits ? NULL : lacks(type, "has a seed NAME.body that its fields do not decode");
}

/* A field as the protocol writes it: `kind name`, with the bound of a text or a list in its kind.
 * The protocol calls an id that is a public key a key. */
static const char *find_field(const char *row, const struct topo_field *field)
{
  static const char *const kinds[] = {
      [TOPO_FIELD_U8] = "u8",       [TOPO_FIELD_U16] = "u16",   [TOPO_FIELD_U32] = "u32",
      [TOPO_FIELD_U64] = "u64",     [TOPO_FIELD_ID] = "id",     [TOPO_FIELD_SIG] = "sig",
      [TOPO_FIELD_BYTES] = "bytes", [TOPO_FIELD_TEXT] = "text", [TOPO_FIELD_LIST] = "list"};
  char bound[16] = "", text[96];
  if (field->kind == TOPO_FIELD_BYTES || field->kind == TOPO_FIELD_TEXT)
    snprintf(bound, sizeof bound, "≤%u", field->max);
  if (field->kind == TOPO_FIELD_LIST && field->size == TOPO_ID_SIZE)
    snprintf(bound, sizeof bound, "≤%u of id", field->max);
  snprintf(text, sizeof text, "`%s%s %s`", kinds[field->kind], bound, field->name);
  return strstr(row, text);
}

/* Of content, the fields in their order. */
static bool row_says(const char *row, const struct topo_type *type)
{
  const char *end = strchr(row, '\n');
  for (size_t i = 0; type->fields[i].kind != TOPO_FIELD_END; i++) {
    row = find_field(row, &type->fields[i]);
    if (!row || (end && row > end))
      return false;
  }
  return true;
}

static const char *check_row(const struct scene *s, const struct topo_type *type)
{
  char start[64];
  struct topo_buf text = {0};
  snprintf(start, sizeof start, "| 0x%04x | %s |", type->number, type->name);
  const char *row =
      read_file(s, "docs/protocol.md", &text) ? strstr((const char *)text.data, start) : NULL;
  bool says = row && (!is_content(type) || row_says(row, type));
  topo_buf_finish(&text);
  if (!row)
    return lacks(type, "has no row in docs/protocol.md, chapter 3");
  return says ? NULL : lacks(type, "has other fields in docs/protocol.md, chapter 3");
}

static bool is_word(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool has_word(const char *text, const char *word)
{
  size_t len = strlen(word);
  for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
    if ((at == text || !is_word(at[-1])) && !is_word(at[len]))
      return true;
  return false;
}

/* Does a test of tests/gateway name the operation? */
static bool is_tried(const struct scene *s, const char *operation)
{
  char folder[4096], path[4096];
  bool found = false;
  snprintf(folder, sizeof folder, "%s/tests/gateway", s->root);
  DIR *dir = opendir(folder);
  topo_assert(dir);
  for (struct dirent *entry; !found && (entry = readdir(dir)) != NULL;) {
    struct topo_buf text = {0};
    if (!strstr(entry->d_name, ".test.mjs"))
      continue;
    snprintf(path, sizeof path, "tests/gateway/%s", entry->d_name);
    found = read_file(s, path, &text) && has_word((const char *)text.data, operation);
    topo_buf_finish(&text);
  }
  closedir(dir);
  return found;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static bool is_completed(const struct topo_type *type, const struct topo_field *field)
{
  return type->completed && strcmp(type->completed, field->name) == 0;
}

static const char *check_table(const struct scene *s, const struct topo_type *type)
{
  (void)s;
  if (!type->name || !type->fields)
    return lacks(type, "has no name or no fields");
  if (!is_content(type))
    return type->number > 0 && type->number < FIRST_CONTENT
               ? NULL
               : lacks(type, "is a control type with the number of another kind");
  if (type->number < FIRST_CONTENT || type->number >= FIRST_LOCAL)
    return lacks(type, "is a content type with the number of another kind");
  if (!type->right || !type->schema || !type->project || !type->clear || !type->fingerprint)
    return lacks(type, "has no right, schema, project, clear or fingerprint");
  bool named = !type->completed;
  for (size_t i = 0; type->fields[i].kind != TOPO_FIELD_END; i++)
    named = named || is_completed(type, &type->fields[i]);
  if (!named || !type->completed != !type->complete)
    return lacks(type, "completes a field that it does not have, or names none that it completes");
  return NULL;
}

static bool is_whole(const struct topo_resource *resource)
{
  return resource->type > TOPO_NOTIFY_UNSET && resource->type < TOPO_NOTIFICATION_TYPES_END &&
         resource->key && resource->item;
}

/* The change of an event of this type in the golden story is told, and as a whole resource. */
static const char *check_notification(const struct scene *s, const struct topo_type *type)
{
  if (!is_content(type))
    return NULL;
  if (!type->resource == !type->resource_of)
    return lacks(type, "names no resource, or two, so no client is told of it");
  if (type->resource && !is_whole(type->resource))
    return lacks(type, "has a resource without a type, a key or an item");
  for (size_t i = 0; i < s->n_changes; i++) {
    struct topo_notification_topic topic;
    struct topo_notification_about about;
    struct topo_json json;
    if (s->changes[i].type != type->number)
      continue;
    if (topo_notification_topic(&s->view, &s->changes[i], &topic) != 1 || !is_whole(topic.resource))
      return lacks(type, "changes, and clients are told of no whole resource");
    topo_json_init(&json);
    int status = topo_notification_write(&s->view, &topic, &(struct topo_change_cursor){1, 1},
                                         &json, &about);
    topo_json_finish(&json);
    return status == 0 && !about.gone ? NULL : lacks(type, "is accepted and its item is not there");
  }
  return lacks(type, "has no event in the golden story that changes anything");
}

/* ---- operations ------------------------------------------------------------------------------ */

static const struct topo_op_param *param_of(const struct topo_op *op, const char *name)
{
  const struct topo_op_param *param = op->params;
  while (param->name && strcmp(param->name, name) != 0)
    param++;
  return param->name ? param : NULL;
}

static uint64_t largest(enum topo_field_kind kind)
{
  return kind == TOPO_FIELD_U8    ? UINT8_MAX
         : kind == TOPO_FIELD_U16 ? UINT16_MAX
         : kind == TOPO_FIELD_U32 ? UINT32_MAX
                                  : UINT64_MAX;
}

/* How many texts an enumeration has. */
static uint64_t count_texts(const struct topo_op_param *param)
{
  uint64_t n = 0;
  while (param->texts[n])
    n++;
  return n;
}

static bool number_fits(const struct topo_op_param *param, const struct topo_field *field)
{
  uint64_t min = field->min, max = field->max ? field->max : largest(field->kind);
  if (param->kind == TOPO_OP_UINT)
    return param->min >= min && (param->max ? param->max : UINT64_MAX) <= max;
  return min == 0 && max >= (param->kind == TOPO_OP_BOOL ? 1 : count_texts(param) - 1);
}

/* What the parameter lets through the field takes, and what the field takes a client may send. */
static bool fits(const struct topo_op_param *param, const struct topo_field *field)
{
  if (!param || !param->required)
    return false;
  switch (field->kind) {
  case TOPO_FIELD_ID: return param->kind == TOPO_OP_ID;
  case TOPO_FIELD_TEXT:
    return param->kind == TOPO_OP_TEXT && param->min == field->min && param->max == field->max;
  case TOPO_FIELD_U8:
  case TOPO_FIELD_U16:
  case TOPO_FIELD_U32:
  case TOPO_FIELD_U64:
    return param->kind != TOPO_OP_ID && param->kind != TOPO_OP_TEXT && number_fits(param, field);
  default: return false;
  }
}

/* The operation that makes events of this type of its parameters, or NULL. */
static const struct topo_op *authoring(const struct topo_type *type)
{
  for (const struct topo_op *const *op = topo_space_operations; *op; op++)
    if ((*op)->authors && (*op)->authors->number == type->number)
      return *op;
  return NULL;
}

static const char *operation_of(const struct topo_type *type)
{
  const struct topo_op *op = authoring(type);
  return op ? op->id : NULL;
}

static const char *check_operation(const struct scene *s, const struct topo_type *type)
{
  if (!is_content(type))
    return NULL;
  const char *operation = operation_of(type);
  if (!operation)
    return lacks(type, "has no operation that makes it (x-topo-authors)");
  const struct topo_op *op = authoring(type);
  for (size_t i = 0; op && type->fields[i].kind != TOPO_FIELD_END; i++)
    if (!is_completed(type, &type->fields[i]) &&
        !fits(param_of(op, type->fields[i].name), &type->fields[i]))
      return lacks(type, "has a field with other bounds than the parameter of its name");
  return is_tried(s, operation) ? NULL : lacks(type, "has an operation that no test names");
}

/* ---- the oracle ------------------------------------------------------------------------------ */

static struct oracle_result *judge_without(const struct scene *s, size_t left_out)
{
  struct topo_bytes events[STORY_EVENTS_MAX];
  size_t n = 0;
  for (size_t i = 0; i < s->story->n; i++)
    if (i != left_out)
      events[n++] = s->story->events[i];
  return judge(&s->story->workspace, events, n, (const uint8_t(*)[32])s->story->secret, 1);
}

/* Is anything shown differently when this event of the story is not there? */
static bool is_shown(const struct scene *s, size_t index)
{
  struct topo_buf with = {0}, without = {0};
  struct oracle_result *oracle = judge_without(s, index);
  oracle_dump(s->oracle, &with);
  oracle_dump(oracle, &without);
  bool differ = with.len != without.len || memcmp(with.data, without.data, with.len) != 0;
  topo_buf_finish(&with);
  topo_buf_finish(&without);
  oracle_result_destroy(oracle);
  return differ;
}

static const char *check_oracle(const struct scene *s, const struct topo_type *type)
{
  size_t index = golden_index(type->name);
  const struct oracle_event *e =
      index < GOLDEN_EVENTS ? oracle_find(s->oracle, &s->story->ids[index]) : NULL;
  if (!e || e->type != type->number || e->verdict != ORACLE_ACCEPTED || !e->readable)
    return lacks(type, "is not known to the oracle (tests/model/oracle_decode.c, oracle.c)");
  if (is_content(type) && !is_shown(s, index))
    return lacks(type, "is not shown by the oracle (tests/model/oracle_dump.c)");
  return s->generated[type->number] ? NULL : lacks(type, "is in no random set (tests/model/gen.c)");
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void note_generated(struct scene *s)
{
  for (uint64_t seed = 1; seed <= SETS; seed++) {
    struct gen_set *set = gen_create(seed, SET_SIZE);
    struct oracle_result *oracle = judge(&set->workspace, set->events, set->n_events,
                                         (const uint8_t(*)[32])set->secrets, set->n_secrets);
    for (size_t i = 0; i < oracle->n_events; i++)
      if (oracle->events[i].verdict == ORACLE_ACCEPTED)
        s->generated[oracle->events[i].type] = true;
    oracle_result_destroy(oracle);
    gen_destroy(set);
  }
}

static int set_up(void **state)
{
  struct scene *s = calloc(1, sizeof *s);
  struct topo_self self;
  topo_assert(s);
  const char *root = getenv("TOPO_SRCDIR");
  s->root = root ? root : ".";
  s->story = golden_story();
  s->oracle = judge_without(s, SIZE_MAX);
  space_identity(&self, 200);
  self.device = s->story->people[OWNER];
  s->space = space_create(&self, &s->story->workspace);
  s->view = (struct topo_view){s->space->db, s->story->workspace, self.device.public_key};
  assert_int_equal(space_give(s->space, s->story->events, s->story->n), 0);
  assert_int_equal(space_keep_known(s->space, (const uint8_t(*)[32])s->story->secret, 1), 1);
  int n = topo_changes_read(s->space->db, 0, s->changes, CHANGES_MAX);
  assert_in_range(n, 1, CHANGES_MAX - 1);
  s->n_changes = (size_t)n;
  note_generated(s);
  *state = s;
  return 0;
}

static int tear_down(void **state)
{
  struct scene *s = *state;
  space_destroy(s->space);
  oracle_result_destroy(s->oracle);
  story_destroy(s->story);
  free(s);
  return 0;
}

typedef const char *check(const struct scene *s, const struct topo_type *type);

static void walk(void **state, check *ask)
{
  size_t lacking = 0;
  assert_non_null(topo_types[0]);
  for (const struct topo_type *const *t = topo_types; *t; t++) {
    const char *what = ask(*state, *t);
    if (what)
      print_message("# %s\n", what);
    lacking += what != NULL;
  }
  assert_int_equal(lacking, 0);
}

/* The planted type lacks what the check asks for, and the sentence has these words. */
static void sees(void **state, check *ask, const struct topo_type *planted, const char *words)
{
  const char *what = ask(*state, planted);
  if (!what || !strstr(what, words))
    fail_msg("planted to see \"%s\", and the check says: %s", words, what ? what : "nothing");
}

/* A message by another name and number: nothing in the tree knows it. */
static struct topo_type stranger_type(void)
{
  struct topo_type type = topo_type_message;
  type.name = "planted";
  type.number = 0x1fff;
  return type;
}

static void each_type_has_what_its_kind_wants(void **state)
{
  struct topo_type planted = topo_type_message;
  walk(state, check_table);
  planted.clear = NULL;
  sees(state, check_table, &planted, "clear");
  planted = topo_type_message;
  planted.number = 0x0fff;
  sees(state, check_table, &planted, "number of another kind");
  planted = topo_type_message;
  planted.completed = "planted";
  sees(state, check_table, &planted, "completes a field");
}

static void each_type_has_a_number_and_a_name_of_its_own(void **state)
{
  (void)state;
  for (const struct topo_type *const *a = topo_types; *a; a++)
    for (const struct topo_type *const *b = topo_types; b < a; b++) {
      assert_int_not_equal((*a)->number, (*b)->number);
      assert_string_not_equal((*a)->name, (*b)->name);
    }
}

static void each_type_has_golden_bytes(void **state)
{
  const struct topo_type planted = stranger_type();
  walk(state, check_golden);
  sees(state, check_golden, &planted, "golden bytes");
}

static void each_type_has_seeds_for_the_fuzzer(void **state)
{
  struct topo_type planted = stranger_type();
  walk(state, check_seeds);
  sees(state, check_seeds, &planted, "no seeds");
  planted.name = "device"; /* whose body is not that of a message */
  sees(state, check_seeds, &planted, "do not decode");
}

static void each_type_has_its_row_in_the_protocol(void **state)
{
  static const struct topo_field other[] = {{"planted", TOPO_FIELD_U8, 0, 0, 0}, {0}};
  struct topo_type planted = stranger_type();
  walk(state, check_row);
  sees(state, check_row, &planted, "no row");
  planted = topo_type_message;
  planted.fields = other;
  sees(state, check_row, &planted, "other fields");
  struct topo_field longer[] = {
      topo_type_message.fields[0], topo_type_message.fields[1], topo_type_message.fields[2], {0}};
  for (size_t i = 1; i < 3; i++) {
    longer[i].max++;
    planted.fields = longer;
    sees(state, check_row, &planted, "other fields");
    longer[i].max--;
  }
}

static void each_content_type_is_told_to_clients(void **state)
{
  static const struct topo_resource unset = {.key = "message"};
  struct topo_type planted = topo_type_message;
  walk(state, check_notification);
  planted.resource = NULL;
  sees(state, check_notification, &planted, "names no resource");
  planted.resource = &unset;
  sees(state, check_notification, &planted, "without a type");
  planted = stranger_type();
  sees(state, check_notification, &planted, "no event in the golden story");
}

static void each_content_type_has_an_operation_that_is_tested(void **state)
{
  const struct topo_type planted = stranger_type();
  struct scene elsewhere = *(struct scene *)*state;
  walk(state, check_operation);
  sees(state, check_operation, &planted, "no operation");
  assert_true(is_tried(&elsewhere, "sendMessage"));
  assert_false(is_tried(&elsewhere, "sendMessag"));
}

/* A parameter that lets through what the field refuses, or refuses what it takes, is no promise. */
static void the_bounds_of_a_parameter_are_those_of_its_field(void **state)
{
  const struct topo_op_param text = {
      .name = "x", .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 256};
  const struct topo_op_param number = {
      .name = "x", .kind = TOPO_OP_UINT, .required = true, .min = 0, .max = 255};
  struct topo_field field = {"x", TOPO_FIELD_TEXT, 1, 256, 0};
  (void)state;
  assert_true(fits(&text, &field));
  field.max = 255;
  assert_false(fits(&text, &field));
  field = (struct topo_field){"x", TOPO_FIELD_U8, 0, 0, 0};
  assert_true(fits(&number, &field));
  assert_false(fits(&text, &field));
  assert_false(fits(NULL, &field));
  field.max = 9;
  assert_false(fits(&number, &field));
}

static void each_type_is_known_to_the_oracle(void **state)
{
  struct topo_type planted = stranger_type();
  walk(state, check_oracle);
  sees(state, check_oracle, &planted, "not known to the oracle");
  planted.name = "message"; /* the story has one, of another number */
  sees(state, check_oracle, &planted, "not known to the oracle");
  struct scene *s = *state;
  s->generated[TOPO_TYPE_MESSAGE] = false;
  sees(state, check_oracle, &topo_type_message, "no random set");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_type_has_what_its_kind_wants),
      cmocka_unit_test(each_type_has_a_number_and_a_name_of_its_own),
      cmocka_unit_test(each_type_has_golden_bytes),
      cmocka_unit_test(each_type_has_seeds_for_the_fuzzer),
      cmocka_unit_test(each_type_has_its_row_in_the_protocol),
      cmocka_unit_test(each_content_type_is_told_to_clients),
      cmocka_unit_test(each_content_type_has_an_operation_that_is_tested),
      cmocka_unit_test(the_bounds_of_a_parameter_are_those_of_its_field),
      cmocka_unit_test(each_type_is_known_to_the_oracle),
  };
  return cmocka_run_group_tests_name("events-types", tests, set_up, tear_down);
}
