/* test_op.c - routing, parameters and bodies: a handler only ever sees what its row declares. */
#include "api/op.h"

#include "api/percent.h"
#include "base/status.h"
#include "lib/aborts.h"

#include <stdio.h>
#include <string.h>

#define ID "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static int run_nothing(struct topo_op_call *call, void *host)
{
  (void)call;
  (void)host;
  return 0;
}

static const char *const roles[] = {"owner", "member", "guest", NULL};
static const struct topo_op_param list_params[] = {
    {"space", TOPO_OP_PATH, TOPO_OP_ID, true, 0, 0, NULL},
    {"limit", TOPO_OP_QUERY, TOPO_OP_UINT, false, 1, 200, NULL},
    {"mine", TOPO_OP_QUERY, TOPO_OP_BOOL, false, 0, 0, NULL},
    {"role", TOPO_OP_QUERY, TOPO_OP_ENUM, false, 0, 0, roles},
    {NULL, TOPO_OP_PATH, TOPO_OP_ID, false, 0, 0, NULL},
};
static const struct topo_op_param send_params[] = {
    {"space", TOPO_OP_PATH, TOPO_OP_ID, true, 0, 0, NULL},
    {"text", TOPO_OP_BODY, TOPO_OP_TEXT, true, 1, 20, NULL},
    {"reply", TOPO_OP_BODY, TOPO_OP_ID, false, 0, 0, NULL},
    {"at", TOPO_OP_BODY, TOPO_OP_UINT, false, 0, 0, NULL},
    {"loud", TOPO_OP_BODY, TOPO_OP_BOOL, false, 0, 0, NULL},
    {"role", TOPO_OP_BODY, TOPO_OP_ENUM, false, 0, 0, roles},
    {NULL, TOPO_OP_PATH, TOPO_OP_ID, false, 0, 0, NULL},
};
static const struct topo_op_param name_params[] = {
    {"name", TOPO_OP_PATH, TOPO_OP_TEXT, true, 1, 8, NULL},
    {NULL, TOPO_OP_PATH, TOPO_OP_ID, false, 0, 0, NULL},
};

static const struct topo_op list_op = {.id = "listThings",
                                       .method = "GET",
                                       .path = "/v1/spaces/{space}/things",
                                       .where = TOPO_OP_READ,
                                       .params = list_params,
                                       .run = run_nothing};
static const struct topo_op send_op = {.id = "sendThing",
                                       .method = "POST",
                                       .path = "/v1/spaces/{space}/things",
                                       .where = TOPO_OP_SPACE,
                                       .params = send_params,
                                       .run = run_nothing,
                                       .creates = true};
static const struct topo_op name_op = {.id = "getName",
                                       .method = "GET",
                                       .path = "/v1/names/{name}",
                                       .where = TOPO_OP_REGISTRY,
                                       .params = name_params,
                                       .run = run_nothing};
static const struct topo_op *const table[] = {&list_op, &send_op, &name_op, NULL};

static struct topo_op_call *route(const char *method, const char *path)
{
  struct topo_op_call *call;
  assert_int_equal(topo_op_route(table, method, path, &call), 0);
  assert_non_null(call);
  return call;
}

static void a_route_fills_the_path_parameters(void **state)
{
  (void)state;
  struct topo_op_call *call = route("POST", "/v1/spaces/" ID "/things");
  assert_ptr_equal(call->op, &send_op);
  const struct topo_op_value *space = topo_op_get(call, "space");
  assert_true(space->present);
  for (unsigned i = 0; i < TOPO_ID_SIZE; i++)
    assert_int_equal(space->id.bytes[i], i);
  topo_op_call_destroy(call);

  call = route("GET", "/v1/names/a%2Fb%20c");
  assert_string_equal(topo_op_get(call, "name")->text, "a/b c");
  topo_op_call_destroy(call);
}

static void other_paths_have_no_route(void **state)
{
  static const char *const nowhere[] = {"",
                                        "/",
                                        "/v1",
                                        "/v1/spaces",
                                        "/v1/spaces/" ID,
                                        "/v1/spaces/" ID "/things/",
                                        "v1/names/a",
                                        "/v1/spaces//things",
                                        "/v1/names/",
                                        "/v1/names/a/b",
                                        "//v1/names/a",
                                        "/v1/Names/a",
                                        "*"};
  struct topo_op_call *call;
  (void)state;
  for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
    if (topo_op_route(table, "GET", nowhere[i], &call) != TOPO_ENOTFOUND)
      fail_msg("found: %s", nowhere[i]);
    assert_null(call);
  }
  char endless[5000];
  memset(endless, 'a', sizeof endless);
  memcpy(endless, "/v1/names/", 10);
  endless[sizeof endless - 1] = '\0';
  assert_int_equal(topo_op_route(table, "GET", endless, &call), TOPO_ENOTFOUND);
}

static void another_method_is_told_apart_from_another_path(void **state)
{
  struct topo_op_call *call;
  char methods[32];
  (void)state;
  assert_int_equal(topo_op_route(table, "DELETE", "/v1/spaces/" ID "/things", &call), TOPO_EDENIED);
  assert_null(call);
  topo_op_methods(table, "/v1/spaces/" ID "/things", methods, sizeof methods);
  assert_string_equal(methods, "GET, POST");
  topo_op_methods(table, "/v1/spaces/" ID "/things", methods, 6);
  assert_string_equal(methods, "GET");
  topo_op_methods(table, "/nowhere", methods, sizeof methods);
  assert_string_equal(methods, "");
}

static void bad_path_parameters_name_themselves(void **state)
{
  static const char *const bad[] = {"/v1/spaces/short/things", "/v1/names/%zz", "/v1/names/%",
                                    "/v1/names/a%0",           "/v1/names/%00", "/v1/names/%ff"};
  struct topo_op_call *call;
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(topo_op_route(table, "GET", bad[i], &call), TOPO_EINVAL);
    assert_non_null(call);
    assert_true(call->detail[0]);
    topo_op_call_destroy(call);
  }
  assert_int_equal(topo_op_route(table, "GET", bad[0], &call), TOPO_EINVAL);
  assert_string_equal(call->pointer, "space");
  topo_op_call_destroy(call);
}

static void query_parameters_keep_their_bounds(void **state)
{
  static const struct {
    const char *name, *text;
    int status;
  } cases[] = {
      {"limit", "1", 0},
      {"limit", "200", 0},
      {"limit", "0", TOPO_EINVAL},
      {"limit", "201", TOPO_EINVAL},
      {"limit", "", TOPO_EINVAL},
      {"limit", "-1", TOPO_EINVAL},
      {"limit", "+1", TOPO_EINVAL},
      {"limit", "01", TOPO_EINVAL},
      {"limit", " 1", TOPO_EINVAL},
      {"limit", "1x", TOPO_EINVAL},
      {"limit", "18446744073709551617", TOPO_EINVAL},
      {"mine", "true", 0},
      {"mine", "false", 0},
      {"mine", "1", TOPO_EINVAL},
      {"mine", "TRUE", TOPO_EINVAL},
      {"role", "owner", 0},
      {"role", "guest", 0},
      {"role", "", TOPO_EINVAL},
      {"role", "own", TOPO_EINVAL},
      {"role", "owners", TOPO_EINVAL},
      {"role", "Guest", TOPO_EINVAL},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct topo_op_call *call = topo_op_call_create(&list_op);
    bool unknown;
    assert_non_null(call);
    int status = topo_op_set(call, TOPO_OP_QUERY, cases[i].name, cases[i].text,
                             strlen(cases[i].text), &unknown);
    if (status != cases[i].status)
      fail_msg("%s=%s: %d", cases[i].name, cases[i].text, status);
    assert_false(unknown);
    assert_int_equal(topo_op_get(call, cases[i].name)->present, status == 0);
    assert_string_equal(call->pointer, status ? cases[i].name : "");
    topo_op_call_destroy(call);
  }
}

static void a_name_belongs_to_its_place_and_is_given_once(void **state)
{
  bool unknown;
  struct topo_op_call *call = topo_op_call_create(&list_op);
  (void)state;
  assert_non_null(call);
  assert_int_equal(topo_op_set(call, TOPO_OP_BODY, "limit", "1", 1, &unknown), TOPO_EINVAL);
  assert_true(unknown);
  assert_int_equal(topo_op_set(call, TOPO_OP_QUERY, "colour", "1", 1, &unknown), TOPO_EINVAL);
  assert_true(unknown);
  assert_int_equal(topo_op_set(call, TOPO_OP_QUERY, "limit", "1", 1, &unknown), 0);
  assert_int_equal(topo_op_set(call, TOPO_OP_QUERY, "limit", "2", 1, &unknown), TOPO_EINVAL);
  assert_false(unknown);
  assert_int_equal(topo_op_get(call, "limit")->number, 1);
  topo_op_call_destroy(call);
}

static int set_body(struct topo_op_call **call, const char *text)
{
  *call = topo_op_call_create(&send_op);
  assert_non_null(*call);
  return topo_op_set_body(*call, text, strlen(text));
}

static void a_body_fills_the_declared_members(void **state)
{
  struct topo_op_call *call;
  (void)state;
  assert_int_equal(set_body(&call, "{\"text\":\"h\\u00e9\\n\",\"reply\":\"" ID "\",\"at\":"
                                   "9007199254740991,\"loud\":true,\"other\":{\"text\":[1]}}"),
                   0);
  assert_string_equal(topo_op_get(call, "text")->text, "hé\n");
  assert_int_equal(topo_op_get(call, "text")->text_len, 4);
  assert_int_equal(topo_op_get(call, "reply")->id.bytes[31], 31);
  assert_int_equal(topo_op_get(call, "at")->number, 9007199254740991);
  assert_int_equal(topo_op_get(call, "loud")->number, 1);
  topo_op_call_destroy(call);

  assert_int_equal(set_body(&call, "{\"at\":\"18446744073709551615\",\"loud\":null}"), 0);
  assert_true(topo_op_get(call, "at")->number == UINT64_MAX);
  assert_false(topo_op_get(call, "loud")->present);
  topo_op_call_destroy(call);
}

static void hostile_bodies_are_refused(void **state)
{
  static const struct {
    const char *text, *pointer;
    int status;
  } cases[] = {
      {"", "", TOPO_EMALFORMED},
      {"[]", "", TOPO_EINVAL},
      {"\"text\"", "", TOPO_EINVAL},
      {"{\"text\":\"a\"} ,", "", TOPO_EMALFORMED},
      {"{\"text\":\"a\",\"text\":\"b\"}", "", TOPO_EMALFORMED},
      {"{\"text\":\"a\",\"t\\u0065xt\":\"b\"}", "", TOPO_EMALFORMED},
      {"{\"text\":\"\\u0000\"}", "", TOPO_EMALFORMED},
      {"{\"text\":\"\xff\"}", "", TOPO_EMALFORMED},
      {"{\"text\":[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]}", "", TOPO_ELIMIT},
      {"{\"text\":\"\"}", "text", TOPO_EINVAL},
      {"{\"text\":\"123456789012345678901\"}", "text", TOPO_ELIMIT},
      {"{\"text\":7}", "text", TOPO_EINVAL},
      {"{\"text\":{}}", "text", TOPO_EINVAL},
      {"{\"text\":[\"a\"]}", "text", TOPO_EINVAL},
      {"{\"text\":true}", "text", TOPO_EINVAL},
      {"{\"reply\":\"" ID "A\"}", "reply", TOPO_EINVAL},
      {"{\"reply\":5}", "reply", TOPO_EINVAL},
      {"{\"at\":-1}", "at", TOPO_EINVAL},
      {"{\"at\":1.5}", "at", TOPO_EINVAL},
      {"{\"at\":1e30}", "at", TOPO_EINVAL},
      {"{\"at\":9007199254740994}", "at", TOPO_EINVAL},
      {"{\"at\":\"1e3\"}", "at", TOPO_EINVAL},
      {"{\"at\":true}", "at", TOPO_EINVAL},
      {"{\"loud\":\"true\"}", "loud", TOPO_EINVAL},
      {"{\"loud\":1}", "loud", TOPO_EINVAL},
      {"{\"role\":\"king\"}", "role", TOPO_EINVAL},
      {"{\"role\":1}", "role", TOPO_EINVAL},
      {"{\"role\":true}", "role", TOPO_EINVAL},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct topo_op_call *call;
    int status = set_body(&call, cases[i].text);
    if (status != cases[i].status)
      fail_msg("%s: %d", cases[i].text, status);
    assert_string_equal(call->pointer, cases[i].pointer);
    assert_true(call->detail[0]);
    topo_op_call_destroy(call);
  }
}

static void a_body_is_bounded(void **state)
{
  struct topo_op_call *call = topo_op_call_create(&send_op);
  size_t len = TOPO_OP_BODY_MAX + 1;
  char *text = malloc(len);
  (void)state;
  assert_non_null(call);
  assert_non_null(text);
  memset(text, ' ', len);
  memcpy(text, "{}", 2);
  assert_int_equal(topo_op_set_body(call, text, len), TOPO_ELIMIT);
  assert_int_equal(topo_op_set_body(call, text, len - 1), 0);
  free(text);
  topo_op_call_destroy(call);
}

/* A text of a row that names no bound has the general one: TOPO_OP_TEXT_MAX bytes. */
static void a_text_is_bounded_by_default(void **state)
{
  static const struct topo_op_param params[] = {
      {"text", TOPO_OP_QUERY, TOPO_OP_TEXT, true, 0, 0, NULL}, {0}};
  static const struct topo_op op = {.id = "say", .params = params, .run = run_nothing};
  struct topo_op_call *call = topo_op_call_create(&op);
  char *text = malloc(TOPO_OP_TEXT_MAX + 1);
  bool unknown;
  (void)state;
  assert_non_null(call);
  assert_non_null(text);
  memset(text, 'a', TOPO_OP_TEXT_MAX + 1);
  assert_int_equal(topo_op_set(call, TOPO_OP_QUERY, "text", text, TOPO_OP_TEXT_MAX + 1, &unknown),
                   TOPO_ELIMIT);
  assert_string_equal(call->pointer, "text");
  assert_int_equal(topo_op_set(call, TOPO_OP_QUERY, "text", text, TOPO_OP_TEXT_MAX, &unknown), 0);
  assert_int_equal(topo_op_get(call, "text")->text_len, TOPO_OP_TEXT_MAX);
  free(text);
  topo_op_call_destroy(call);
}

#define FLAG(name)                                                                                 \
  {                                                                                                \
    name, TOPO_OP_QUERY, TOPO_OP_BOOL, false, 0, 0, NULL                                           \
  }
static const struct topo_op_param many_params[] = {
    FLAG("1"), FLAG("2"), FLAG("3"),  FLAG("4"),  FLAG("5"),  FLAG("6"),  FLAG("7"),
    FLAG("8"), FLAG("9"), FLAG("10"), FLAG("11"), FLAG("12"), FLAG("13"), {0}};
static const struct topo_op many_op = {.id = "ask", .params = many_params, .run = run_nothing};

static void set_flag(int number)
{
  struct topo_op_call *call = topo_op_call_create(&many_op);
  char name[4];
  bool unknown;
  snprintf(name, sizeof name, "%d", number);
  topo_op_set(call, TOPO_OP_QUERY, name, "true", 4, &unknown);
  topo_op_call_destroy(call);
}

static void set_the_last_flag(void)
{
  set_flag(TOPO_OP_PARAMS_MAX);
}

static void set_a_flag_too_many(void)
{
  set_flag(TOPO_OP_PARAMS_MAX + 1);
}

static void get_a_flag_too_many(void)
{
  topo_op_get(topo_op_call_create(&many_op), "13");
}

/* A row with more than TOPO_OP_PARAMS_MAX parameters is a programmer's error. */
static void parameters_are_bounded(void **state)
{
  (void)state;
  assert_int_equal(TOPO_OP_PARAMS_MAX, 12);
  assert_false(test_aborts(set_the_last_flag));
  assert_true(test_aborts(set_a_flag_too_many));
  assert_true(test_aborts(get_a_flag_too_many));
}

static void a_choice_keeps_its_text_and_its_place(void **state)
{
  struct topo_op_call *call;
  (void)state;
  assert_int_equal(set_body(&call, "{\"role\":\"member\"}"), 0);
  assert_string_equal(topo_op_get(call, "role")->text, "member");
  assert_int_equal(topo_op_get(call, "role")->text_len, 6);
  assert_int_equal(topo_op_get(call, "role")->number, 1);
  topo_op_call_destroy(call);

  assert_int_equal(set_body(&call, "{\"role\":\"king\"}"), TOPO_EINVAL);
  assert_string_equal(call->detail, "role must be one of owner, member, guest.");
  assert_false(topo_op_get(call, "role")->present);
  topo_op_call_destroy(call);
}

static void a_missing_parameter_is_named(void **state)
{
  bool unknown;
  struct topo_op_call *call = route("POST", "/v1/spaces/" ID "/things");
  (void)state;
  assert_int_equal(topo_op_check(call), TOPO_EINVAL);
  assert_string_equal(call->pointer, "text");
  assert_int_equal(topo_op_set(call, TOPO_OP_BODY, "text", "x", 1, &unknown), 0);
  assert_int_equal(topo_op_check(call), 0);
  topo_op_call_destroy(call);
}

static void a_long_detail_stays_valid_text(void **state)
{
  char text[400];
  struct topo_op_call *call = topo_op_call_create(&send_op);
  (void)state;
  assert_non_null(call);
  for (size_t shift = 0; shift < 4; shift++) {
    memset(text, 'a', shift);
    for (size_t i = shift; i + 4 < sizeof text; i += 4)
      memcpy(text + i, "\U0001F44D", 5);
    assert_int_equal(topo_op_fail(call, TOPO_EDENIED, "%s", text), TOPO_EDENIED);
    size_t len = strlen(call->detail);
    assert_true(len < sizeof call->detail && len > sizeof call->detail - 6);
    assert_true(topo_utf8_valid((const uint8_t *)call->detail, len));
  }
  topo_op_call_destroy(call);
  topo_op_call_destroy(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_route_fills_the_path_parameters),
      cmocka_unit_test(other_paths_have_no_route),
      cmocka_unit_test(another_method_is_told_apart_from_another_path),
      cmocka_unit_test(bad_path_parameters_name_themselves),
      cmocka_unit_test(query_parameters_keep_their_bounds),
      cmocka_unit_test(a_name_belongs_to_its_place_and_is_given_once),
      cmocka_unit_test(a_body_fills_the_declared_members),
      cmocka_unit_test(hostile_bodies_are_refused),
      cmocka_unit_test(a_body_is_bounded),
      cmocka_unit_test(a_text_is_bounded_by_default),
      cmocka_unit_test(parameters_are_bounded),
      cmocka_unit_test(a_choice_keeps_its_text_and_its_place),
      cmocka_unit_test(a_missing_parameter_is_named),
      cmocka_unit_test(a_long_detail_stays_valid_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
