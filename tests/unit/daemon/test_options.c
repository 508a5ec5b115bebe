/*
 * test_options.c - topod's command line, and that it puts the socket where `topo` looks for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "daemon/addresses.h"
#include "daemon/options.h"

#include <string.h>

static const struct topo_options_env home_only = {.home = "/home/a"};

static int parse(struct topo_options *o, const struct topo_options_env *env, const char *line)
{
  char copy[1024], error[TOPO_OPTIONS_ERROR], *argv[64] = {(char *)"topod"};
  int argc = 1;
  strcpy(copy, line);
  for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
    argv[argc++] = word;
  int status = topo_options_parse(o, argc, argv, env, error);
  assert_int_equal(status < 0, error[0] != '\0'); /* a refusal has a reason */
  return status;
}

static void the_data_directory_follows_the_environment(void **state)
{
  struct topo_options o;
  (void)state;
  assert_int_equal(parse(&o, &home_only, ""), 0);
  assert_string_equal(o.data_dir, "/home/a/.local/state/topo");
  assert_string_equal(o.socket_path, "/home/a/.local/state/topo/topod.sock");
  struct topo_options_env all = {"/home/a", "/state", "/run/user/1"};
  assert_int_equal(parse(&o, &all, ""), 0);
  assert_string_equal(o.data_dir, "/state/topo");
  assert_string_equal(o.socket_path, "/run/user/1/topo/topod.sock");
  struct topo_options_env none = {NULL, "", NULL};
  assert_int_equal(parse(&o, &none, ""), TOPO_EINVAL);
}

static void a_given_directory_holds_the_socket_too(void **state)
{
  struct topo_options o;
  struct topo_options_env all = {"/home/a", "/state", "/run/user/1"};
  (void)state;
  assert_int_equal(parse(&o, &all, "--data /d"), 0);
  assert_string_equal(o.data_dir, "/d");
  assert_string_equal(o.socket_path, "/d/topod.sock");
  assert_int_equal(parse(&o, &all, "--data /d --socket /s/x"), 0);
  assert_string_equal(o.socket_path, "/s/x");
}

static void the_port_is_7443_unless_said_otherwise(void **state)
{
  struct topo_options o;
  char text[TOPO_NET_ADDRESS_TEXT];
  (void)state;
  assert_int_equal(parse(&o, &home_only, ""), 0);
  assert_string_equal(topo_net_address_format(&o.bind, text), "[::]:7443");
  assert_int_equal(parse(&o, &home_only, "--bind 127.0.0.1:0"), 0);
  assert_string_equal(topo_net_address_format(&o.bind, text), "127.0.0.1:0");
}

static void discovery_is_on_unless_said_otherwise(void **state)
{
  struct topo_options o;
  (void)state;
  assert_int_equal(parse(&o, &home_only, ""), 0);
  assert_true(o.discover);
  assert_int_equal(parse(&o, &home_only, "--discover no"), 0);
  assert_false(o.discover);
  assert_int_equal(parse(&o, &home_only, "--discover no --discover yes"), 0);
  assert_true(o.discover);
}

static void wrong_values_are_refused(void **state)
{
  static const char *const lines[] = {"--bind",
                                      "--bind 7443",
                                      "--bind :7443",
                                      "--bind 1.2.3.4",
                                      "--bind 1.2.3.4:",
                                      "--bind 1.2.3.4:x",
                                      "--bind 1.2.3.4:65536",
                                      "--bind 1.2.3.4:-1",
                                      "--bind ::1:5",
                                      "--bind [1.2.3.4]:5",
                                      "--bind [::1:5",
                                      "--bind host.example:5",
                                      "--advertise 0.0.0.0:5",
                                      "--advertise 1.2.3.4:0",
                                      "--ready-fd x",
                                      "--ready-fd -1",
                                      "--log-level loud",
                                      "--discover",
                                      "--discover perhaps",
                                      "--socket nofolder",
                                      "--frobnicate",
                                      "word"};
  struct topo_options o;
  (void)state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    assert_int_equal(parse(&o, &home_only, lines[i]), TOPO_EINVAL);
}

static void advertised_addresses_have_a_limit(void **state)
{
  struct topo_options o;
  char line[1024] = "--advertise [2001:db8::1]:1";
  (void)state;
  assert_int_equal(parse(&o, &home_only, line), 0);
  assert_int_equal(o.n_advertise, 1);
  assert_int_equal(o.advertise[0].len, 19);
  line[0] = '\0';
  for (int i = 0; i < TOPO_NODE_ADDRESSES_MAX; i++)
    strcat(line, "--advertise 1.2.3.4:5 ");
  assert_int_equal(parse(&o, &home_only, line), 0);
  assert_int_equal(o.n_advertise, TOPO_NODE_ADDRESSES_MAX);
  strcat(line, "--advertise 1.2.3.4:5 ");
  assert_int_equal(parse(&o, &home_only, line), TOPO_EINVAL);
}

static void addresses_keep_their_meaning_as_bytes(void **state)
{
  static const char *const texts[] = {"192.0.2.7:4433", "[2001:db8::1]:65535", "[::1]:1"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct topo_net_address a, b;
    char text[TOPO_NET_ADDRESS_TEXT];
    assert_int_equal(topo_addresses_parse(&a, texts[i]), 0);
    struct topo_address bytes = topo_addresses_from_net(&a);
    assert_true(topo_addresses_to_net(&b, &bytes));
    assert_string_equal(topo_net_address_format(&b, text), texts[i]);
  }
}

static void a_mapped_address_travels_as_ipv4(void **state)
{
  struct topo_net_address a;
  (void)state;
  assert_int_equal(topo_addresses_parse(&a, "[::ffff:192.0.2.7]:258"), 0);
  struct topo_address bytes = topo_addresses_from_net(&a);
  static const uint8_t expected[] = {4, 192, 0, 2, 7, 1, 2};
  assert_int_equal(bytes.len, sizeof expected);
  assert_memory_equal(bytes.bytes, expected, sizeof expected);
}

static void bytes_that_are_no_address_are_refused(void **state)
{
  struct topo_net_address a;
  (void)state;
  assert_false(topo_addresses_to_net(&a, &(struct topo_address){{0}, 0}));
  assert_false(topo_addresses_to_net(&a, &(struct topo_address){{6}, 7}));
  assert_false(topo_addresses_to_net(&a, &(struct topo_address){{4}, 19}));
}

static void the_api_is_on_loopback_unless_said_otherwise(void **state)
{
  struct topo_options o;
  (void)state;
  assert_int_equal(parse(&o, &home_only, ""), 0);
  assert_string_equal(o.listen_host, "127.0.0.1");
  assert_int_equal(o.listen_port, TOPO_DEFAULT_HTTP_PORT);
  assert_int_equal(parse(&o, &home_only, "--listen localhost:0"), 0);
  assert_string_equal(o.listen_host, "127.0.0.1");
  assert_int_equal(o.listen_port, 0);
  assert_int_equal(parse(&o, &home_only, "--listen [::1]:80"), 0);
  assert_string_equal(o.listen_host, "::1");
  assert_int_equal(o.listen_port, 80);
  assert_int_equal(parse(&o, &home_only, "--listen none"), 0);
  assert_string_equal(o.listen_host, "");
  static const char *const bad[] = {"127.0.0.1", "7444",        "::1:7444",        "example.org:80",
                                    "localhost", "localhost:x", "127.0.0.1:65536", "[::1:80"};
  char line[64];
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    snprintf(line, sizeof line, "--listen %s", bad[i]);
    assert_int_equal(parse(&o, &home_only, line), TOPO_EINVAL);
  }
}

static void a_shell_takes_no_value(void **state)
{
  struct topo_options o;
  (void)state;
  assert_int_equal(parse(&o, &home_only, "--shell --listen 127.0.0.1:0"), 0);
  assert_true(o.shell);
  assert_int_equal(parse(&o, &home_only, "--listen 127.0.0.1:0"), 0);
  assert_false(o.shell);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_api_is_on_loopback_unless_said_otherwise),
      cmocka_unit_test(a_shell_takes_no_value),
      cmocka_unit_test(the_data_directory_follows_the_environment),
      cmocka_unit_test(a_given_directory_holds_the_socket_too),
      cmocka_unit_test(the_port_is_7443_unless_said_otherwise),
      cmocka_unit_test(discovery_is_on_unless_said_otherwise),
      cmocka_unit_test(wrong_values_are_refused),
      cmocka_unit_test(advertised_addresses_have_a_limit),
      cmocka_unit_test(addresses_keep_their_meaning_as_bytes),
      cmocka_unit_test(a_mapped_address_travels_as_ipv4),
      cmocka_unit_test(bytes_that_are_no_address_are_refused),
  };
  return cmocka_run_group_tests_name("daemon/options", tests, NULL, NULL);
}
