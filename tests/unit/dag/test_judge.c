/*
 * test_judge.c - the judge against the table of verdicts (docs/protocol.md §5): every combination
 * of facts there can be, and for each what the table says, row by row, the first that applies.
 */
#include "dag/judge.h"

#include "base/status.h"
#include "lib/aborts.h"

#include <string.h>

/* ---- control --------------------------------------------------------------------------------- */

/* The rows of the table that concern control, top down; NAMED stands for "not kept". */
static enum topo_state table_of_control(const struct topo_control_facts *f, int *why)
{
  *why = 0;
  if (!f->authentic) { /* unauthenticated */
    *why = TOPO_ESIGNATURE;
    return TOPO_STATE_NAMED;
  }
  if (!f->readable) { /* refused: the body of a type 1-5 is unreadable */
    *why = TOPO_EMALFORMED;
    return TOPO_STATE_NAMED;
  }
  if (f->absent > 0) { /* pending: an ancestor is missing; kept under quota */
    *why = f->before == TOPO_STATE_NAMED && !f->room ? TOPO_EQUOTA : 0;
    return *why ? TOPO_STATE_NAMED : TOPO_STATE_PENDING;
  }
  *why = f->admit; /* refused: ADMIT is false */
  return f->admit < 0 ? TOPO_STATE_NAMED : TOPO_STATE_UNAUTHORISED;
}

static void check_control(const struct topo_control_facts *f)
{
  int why;
  enum topo_state state = table_of_control(f, &why);
  struct topo_judgement j = topo_judge_control(f);
  bool stored = f->before == TOPO_STATE_PENDING;
  assert_int_equal(j.state, state);
  assert_int_equal(j.why, why);
  unsigned kept = stored ? TOPO_EFFECT_UPDATE : TOPO_EFFECT_STORE;
  switch (state) {
  case TOPO_STATE_NAMED:
    assert_int_equal(j.effects, stored ? TOPO_EFFECT_DROP : TOPO_EFFECT_REJECT);
    break;
  case TOPO_STATE_PENDING:
    assert_int_equal(j.effects, kept | TOPO_EFFECT_WAIT);
    assert_int_equal(j.missing, f->absent);
    break;
  default:
    assert_int_equal(j.effects, kept | TOPO_EFFECT_ADMIT | TOPO_EFFECT_ENTER);
    assert_int_equal(j.missing, 0);
  }
}

static void control_is_judged_by_the_table(void **state)
{
  static const int admit[] = {0, TOPO_EDENIED, TOPO_ESIGNATURE};
  size_t n = 0;
  (void)state;
  for (unsigned bits = 0; bits < 16; bits++)
    for (unsigned absent = 0; absent < 3; absent++)
      for (size_t a = 0; a < 3; a++, n++) {
        struct topo_control_facts f = {.before = bits & 1 ? TOPO_STATE_PENDING : TOPO_STATE_NAMED,
                                       .room = bits & 2,
                                       .authentic = bits & 4,
                                       .readable = bits & 8,
                                       .absent = absent,
                                       .admit = admit[a]};
        check_control(&f);
      }
  print_message("%zu combinations of facts about control\n", n);
}

static void admitted_control_is_judged_by_its_credential(void **state)
{
  static const enum topo_act_kind kinds[] = {TOPO_ACT_OTHER,  TOPO_ACT_GENESIS, TOPO_ACT_GRANT,
                                             TOPO_ACT_DEVICE, TOPO_ACT_INVITE,  TOPO_ACT_ADMISSION,
                                             TOPO_ACT_EPOCH,  TOPO_ACT_WRAP};
  (void)state;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    for (int numbering = TOPO_UNNUMBERED; numbering <= TOPO_MISNUMBERED; numbering++) {
      struct topo_authority_node node = {.kind = kinds[i]};
      bool counted = kinds[i] == TOPO_ACT_EPOCH || kinds[i] == TOPO_ACT_WRAP;
      if (counted)
        node.epoch.numbering = (enum topo_numbering)numbering;
      enum topo_state expected = TOPO_STATE_ACCEPTED;
      if (kinds[i] == TOPO_ACT_OTHER)
        expected = TOPO_STATE_UNREADABLE;
      if (counted && numbering == TOPO_UNNUMBERED)
        expected = TOPO_STATE_BLOCKED;
      if (counted && numbering == TOPO_MISNUMBERED)
        expected = TOPO_STATE_UNAUTHORISED;
      assert_int_equal(topo_judge_admitted(&node, true), expected);
      assert_int_equal(topo_judge_admitted(&node, false), TOPO_STATE_UNAUTHORISED);
    }
}

/* ---- content --------------------------------------------------------------------------------- */

static enum topo_state not_kept(int *why, int status)
{
  *why = status;
  return TOPO_STATE_NAMED;
}

static enum topo_state pending(const struct topo_content_facts *f, int *why)
{
  return f->before == TOPO_STATE_NAMED && !f->room ? not_kept(why, TOPO_EQUOTA)
                                                   : TOPO_STATE_PENDING;
}

/* The rows of the table that concern content, top down. What is an item stays one. */
static enum topo_state table_of_content(const struct topo_content_facts *f, int *why)
{
  bool item = f->before >= TOPO_STATE_UNAUTHORISED;
  *why = 0;
  if (!item && !f->open)
    return pending(f, why);
  if (!item && !f->authentic)
    return not_kept(why, TOPO_ESIGNATURE);
  if (!item && !f->auth_admitted)
    return pending(f, why);
  if (!item && !f->auth_is_its)
    return not_kept(why, TOPO_EDENIED);
  if (!f->valid || (f->readable && (!f->may || f->wrong)))
    return TOPO_STATE_UNAUTHORISED;
  if (!f->readable)
    return TOPO_STATE_UNREADABLE;
  if (f->unaccepted > 0)
    return TOPO_STATE_BLOCKED;
  return f->allowed ? TOPO_STATE_ACCEPTED : TOPO_STATE_UNAUTHORISED;
}

/* Which effects a verdict has, each by a sentence of its own. */
static unsigned effects_of(const struct topo_content_facts *f, enum topo_state state)
{
  bool stored = f->before != TOPO_STATE_NAMED, item = f->before >= TOPO_STATE_UNAUTHORISED;
  unsigned effects = 0;
  if (state == TOPO_STATE_NAMED)
    return stored ? TOPO_EFFECT_DROP : TOPO_EFFECT_REJECT;
  effects |= stored ? TOPO_EFFECT_UPDATE : TOPO_EFFECT_STORE;
  if (state == TOPO_STATE_PENDING)
    return effects | (f->open ? TOPO_EFFECT_WAIT : TOPO_EFFECT_WAIT_KEY);
  if (!item)
    effects |= TOPO_EFFECT_ENTER;
  if (f->readable)
    effects |= TOPO_EFFECT_DEPEND;
  bool was = f->before == TOPO_STATE_ACCEPTED, is = state == TOPO_STATE_ACCEPTED;
  if (!was && is)
    effects |= TOPO_EFFECT_PROJECT | TOPO_EFFECT_WAKE;
  if (was && !is)
    effects |= TOPO_EFFECT_WAKE | (f->readable ? TOPO_EFFECT_WITHDRAW : 0);
  return effects;
}

/* Of an item these three were found once, and stay. */
static bool possible(const struct topo_content_facts *f)
{
  return f->before <= TOPO_STATE_PENDING || (f->open && f->auth_admitted && f->auth_is_its);
}

static void content_is_judged_by_the_table(void **state)
{
  size_t n = 0;
  (void)state;
  for (unsigned before = TOPO_STATE_NAMED; before <= TOPO_STATE_ACCEPTED; before++)
    for (unsigned bits = 0; bits < 1u << 10; bits++)
      for (unsigned unaccepted = 0; unaccepted < 3; unaccepted++) {
        struct topo_content_facts f = {.before = (enum topo_state)before,
                                       .room = bits & 1,
                                       .open = bits & 2,
                                       .authentic = bits & 4,
                                       .auth_admitted = bits & 8,
                                       .auth_is_its = bits & 16,
                                       .valid = bits & 32,
                                       .readable = bits & 64,
                                       .may = bits & 128,
                                       .wrong = bits & 256,
                                       .unaccepted = unaccepted,
                                       .allowed = bits & 512};
        if (!possible(&f))
          continue;
        int why;
        enum topo_state expected = table_of_content(&f, &why);
        struct topo_judgement j = topo_judge_content(&f);
        assert_int_equal(j.state, expected);
        assert_int_equal(j.why, why);
        assert_int_equal(j.effects, effects_of(&f, expected));
        if (expected == TOPO_STATE_PENDING)
          assert_int_equal(j.missing, 1);
        else if (expected == TOPO_STATE_BLOCKED)
          assert_int_equal(j.missing, unaccepted);
        n++;
      }
  print_message("%zu combinations of facts about content\n", n);
}

/* The same facts, the same judgement: nothing is remembered between two calls. */
static void judging_is_pure(void **state)
{
  struct topo_content_facts f = {.room = true, .open = true, .authentic = true, .allowed = true};
  struct topo_judgement first, other, again;
  (void)state;
  f.auth_admitted = f.auth_is_its = f.valid = f.readable = f.may = true;
  first = topo_judge_content(&f);
  f.valid = false;
  other = topo_judge_content(&f);
  f.valid = true;
  again = topo_judge_content(&f);
  assert_int_equal(first.state, TOPO_STATE_ACCEPTED);
  assert_int_equal(other.state, TOPO_STATE_UNAUTHORISED);
  assert_memory_equal(&first, &again, sizeof first);
}

static void judge_an_item_without_its_key(void)
{
  struct topo_content_facts f = {.before = TOPO_STATE_ACCEPTED, .auth_admitted = true};
  topo_judge_content(&f);
}

static void judge_admitted_control_again(void)
{
  struct topo_control_facts f = {.before = TOPO_STATE_ACCEPTED, .authentic = true};
  topo_judge_control(&f);
}

static void facts_that_cannot_be_stop_the_program(void **state)
{
  (void)state;
  assert_true(test_aborts(judge_an_item_without_its_key));
  assert_true(test_aborts(judge_admitted_control_again));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(control_is_judged_by_the_table),
      cmocka_unit_test(admitted_control_is_judged_by_its_credential),
      cmocka_unit_test(content_is_judged_by_the_table),
      cmocka_unit_test(judging_is_pure),
      cmocka_unit_test(facts_that_cannot_be_stop_the_program),
  };
  return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
