int sym_a(int);
int sym_b(int);
int sym_c(int);
int sym_d(void);
void sym_free(void *);
extern int obj_a;
extern int obj_b[4];
int plain(int);
void keep(void *);
/// direct_call: sym_a
int f(int x) { return sym_a(x); }
/// prototype_alone_uses_nothing:
int sym_c(int);
extern int obj_a;
int f(int x) { return x; }
/// redeclared_inside_a_function: sym_a
int f(int x) { int sym_a(int); extern int obj_a; return sym_a(x); }
/// address_in_a_table: sym_a sym_b
struct ops { int (*first)(int); int (*second)(int); };
const struct ops table = { .first = sym_a, sym_b };
/// address_in_a_static_table_that_is_used: sym_a
struct ops { int (*first)(int); };
static const struct ops table = { .first = sym_a };
void f(void) { keep((void *)&table); }
/// address_in_a_static_table_that_nobody_uses:
struct ops { int (*first)(int); };
static const struct ops table = { .first = sym_a };
/// array_of_addresses_at_file_scope: sym_a sym_b sym_c
int (*list[])(int) = { sym_a, [2] = sym_b, [3] = &sym_c };
/// object_read: obj_a
int f(void) { return obj_a; }
/// object_written: obj_a
void f(int x) { obj_a = x; }
/// object_indexed: obj_b
int f(int x) { return obj_b[x]; }
/// local_variable_shadows:
int f(int x) { int sym_a = x; return sym_a + 1; }
/// local_variable_shadows_only_its_block: sym_a
int f(int x) { { int sym_a = x; plain(sym_a); } return sym_a(x); }
/// local_pointer_to_function_shadows:
int f(int (*g)(int), int x) { int (*sym_a)(int) = g; return sym_a(x); }
/// local_in_a_for_shadows:
int f(int x) { int n = 0; for (int obj_a = 0; obj_a < x; obj_a++) n += plain(obj_a); return n; }
/// parameter_shadows:
int f(int sym_a) { return sym_a; }
/// parameter_that_is_a_function_shadows:
int f(int sym_a(int), int x) { return sym_a(x); }
/// parameter_of_a_prototype_shadows_nothing: sym_a
int g(int sym_a);
int f(int x) { return sym_a(x); }
/// parameter_of_another_function_shadows_nothing: sym_a
int g(int sym_a) { return sym_a; }
int f(int x) { return sym_a(x); }
/// label_is_no_use:
int f(int x) { if (x) goto sym_a; plain(1); sym_a: return x; }
/// label_and_use_of_one_name: sym_a
int f(int x) { if (x) goto sym_a; plain(1); sym_a: return sym_a(x); }
/// member_is_no_use:
struct s { int sym_a; int obj_a; };
int f(struct s *p, struct s q) { return p->sym_a + q.obj_a; }
/// member_designator_is_no_use:
struct s { int sym_a; int obj_a; };
struct s g = { .sym_a = 1, .obj_a = 2 };
/// old_member_designator_is_no_use:
struct s { int sym_a; int obj_a; };
struct s g = { sym_a: 1, obj_a: 2 };
/// member_called_through_a_pointer:
struct s { int (*sym_a)(int); };
int f(struct s *p, int x) { return p->sym_a(x); }
/// tag_is_no_use:
struct sym_a { int x; };
union sym_b { int x; };
int f(struct sym_a *p, union sym_b *q) { return p->x + q->x; }
/// local_enum_constant_shadows:
int f(void) { enum { obj_a = 3 }; return obj_a; }
/// enum_tag_is_no_use:
enum sym_a { ONE = 1, TWO };
int f(enum sym_a x) { return x == TWO; }
/// local_typedef_shadows:
int f(int x) { typedef int sym_a; sym_a y = x; return y; }
/// sizeof_evaluates_nothing:
unsigned long f(void) { return sizeof(sym_a(1)) + sizeof(obj_b) + sizeof obj_a; }
/// sizeof_beside_a_use: sym_a
unsigned long f(int x) { return sizeof(obj_a) + sym_a(x); }
/// typeof_evaluates_nothing:
int f(int x) { typeof(obj_a) y = x; __typeof__(sym_a(1)) z = y; return z; }
/// typeof_of_a_pointer_beside_a_use: sym_a
int f(int x) { typeof(&sym_b) g = sym_a; return g(x); }
/// alignof_evaluates_nothing:
unsigned long f(void) { return __alignof__(obj_a) + _Alignof(int); }
/// builtin_types_compatible_p_evaluates_nothing:
int f(void) { return __builtin_types_compatible_p(typeof(obj_a), int); }
/// offsetof_evaluates_nothing:
struct s { int x; int obj_a; };
unsigned long f(void) { return __builtin_offsetof(struct s, obj_a); }
/// static_assert_evaluates_nothing:
_Static_assert(sizeof(obj_a) == 4, "obj_a");
int f(void) { return 1; }
/// cleanup_attribute_calls: sym_free
int f(int x) { __attribute__((cleanup(sym_free))) int y = x; return plain(y); }
/// cleanup_attribute_through_a_wrapper: sym_a
static inline void put(int *p) { sym_a(*p); }
int f(int x) { int y __attribute__((__cleanup__(put))) = x; return plain(y); }
/// cleanup_function_never_attached:
static inline void put(int *p) { sym_a(*p); }
int f(int x) { int y = x; return plain(y); }
/// alias_keeps_a_static_function: sym_a
static int real(int x) { return sym_a(x); }
int other(int) __attribute__((alias("real")));
/// used_attribute_keeps_a_static_function: sym_a
static int __attribute__((used)) real(int x) { return sym_a(x); }
/// used_attribute_keeps_a_static_object: sym_a
static int (*const entry)(int) __attribute__((__used__)) = sym_a;
/// unused_attribute_keeps_nothing:
static int __attribute__((unused)) real(int x) { return sym_a(x); }
/// section_attribute_alone_keeps_nothing:
static int __attribute__((section(".init.text"))) real(int x) { return sym_a(x); }
/// asm_input_operand: obj_a
int f(void) { int x; asm volatile("mov %1, %0" : "=r"(x) : "m"(obj_a)); return x; }
/// asm_immediate_operand: sym_a
void f(void) { asm volatile("call %c0" : : "i"(sym_a)); }
/// asm_output_operand: obj_a
void f(void) { asm volatile("movl $1, %0" : "=m"(obj_a)); }
/// asm_operand_name_is_no_use:
int f(int x) { asm volatile("mov %[sym_a], %0" : "=r"(x) : [sym_a] "r"(x)); return x; }
/// if_zero_is_dead:
int f(int x) { if (0) return sym_a(x); return x; }
/// else_of_if_one_is_dead: sym_b
int f(int x) { if (1) return sym_b(x); else return sym_a(x); }
/// if_zero_with_else: sym_b
int f(int x) { if (0) return sym_a(x); else return sym_b(x); }
/// condition_itself_is_alive: sym_a
int f(int x) { if (sym_a(x) && 0) return 1; return x; }
/// right_of_false_and_is_dead:
int f(int x) { if (0 && sym_a(x)) return 1; return x; }
/// right_of_true_or_is_dead:
int f(int x) { if (1 || sym_a(x)) return 1; return x; }
/// right_of_true_and_is_alive: sym_a
int f(int x) { if (1 && sym_a(x)) return 1; return x; }
/// conditional_operator_on_a_constant: sym_b
int f(int x) { return 0 ? sym_a(x) : sym_b(x); }
/// conditional_operator_on_a_variable: sym_a sym_b
int f(int x) { return x ? sym_a(x) : sym_b(x); }
/// while_zero_is_dead:
int f(int x) { while (0) sym_a(x); return x; }
/// do_while_zero_is_alive: sym_a
int f(int x) { do sym_a(x); while (0); return x; }
/// for_that_never_starts_is_dead: sym_b
int f(int x) { for (sym_b(x); 0; sym_c(x)) sym_a(x); return x; }
/// after_return_is_dead: sym_b
int f(int x) { return sym_b(x); return sym_a(x); }
/// after_a_constant_return_is_dead:
int f(int x) { if (!0) return 1; sym_a(x); return 2; }
/// after_a_possible_return_is_alive: sym_a
int f(int x) { if (x) return 1; sym_a(x); return 2; }
/// after_both_arms_return_is_dead: sym_a sym_b
int f(int x) { if (x) return sym_a(x); else return sym_b(x); return sym_c(x); }
/// after_goto_is_dead: sym_b
int f(int x) { goto out; sym_a(x); out: return sym_b(x); }
/// after_break_is_dead: sym_b
int f(int x) { while (x--) { sym_b(x); break; sym_a(x); } return x; }
/// after_continue_is_dead: sym_b
int f(int x) { while (x--) { sym_b(x); continue; sym_a(x); } return x; }
/// label_after_return_keeps_code_alive: sym_a sym_b
int f(int x) { if (x) goto out; return sym_b(x); out: return sym_a(x); }
/// label_inside_if_zero_keeps_code_alive: sym_a
int f(int x) { if (x) goto in; if (0) { in: sym_a(x); } return x; }
/// label_inside_a_dead_block_after_return: sym_a
int f(int x) { if (x > 3) goto in; return x; { in: return sym_a(x); } }
/// unreachable_ends_a_path: sym_b
int f(int x) { if (x) return sym_b(x); __builtin_unreachable(); return sym_a(x); }
/// comma_left_is_alive: sym_a
int f(int x) { return (sym_a(x), 3); }
/// switch_on_a_constant: sym_b
int f(int x) { switch (2) { case 1: return sym_a(x); case 2: return sym_b(x); default: return sym_c(x); } }
/// switch_on_a_constant_falls_through: sym_b sym_c
int f(int x) { switch (2) { case 1: sym_a(x); break; case 2: sym_b(x); case 3: sym_c(x); break; } return x; }
/// switch_on_a_constant_with_default: sym_c
int f(int x) { switch (7) { case 1: return sym_a(x); case 2: return sym_b(x); default: return sym_c(x); } }
/// switch_on_sizeof: sym_b
int f(int x) { switch (sizeof(int)) { case 1: return sym_a(x); default: return sym_b(x); } }
/// switch_on_a_variable: sym_a sym_b
int f(int x) { switch (x) { case 1: return sym_a(x); case 2 ... 4: return sym_b(x); } return 0; }
/// switch_that_no_case_enters:
int f(int x) { switch (7) { case 1: return sym_a(x); case 2: return sym_b(x); } return x; }
/// code_before_the_first_case_is_dead: sym_b
int f(int x) { switch (x) { sym_a(x); case 1: return sym_b(x); } return x; }
/// stub_that_returns_zero:
static inline int enabled(void) { return 0; }
int f(int x) { if (enabled()) return sym_a(x); return x; }
/// stub_that_returns_an_error: sym_b
static inline int probe(int x) { return -22; }
int f(int x) { int ret = probe(x); if (ret) return sym_b(ret); return sym_a(x); }
/// stub_that_returns_true_negated:
static inline _Bool off(void) { return 1; }
int f(int x) { if (!off()) sym_a(x); return x; }
/// stub_chain_of_constants:
static inline int first(void) { return 0; }
static inline int second(void) { return first(); }
int f(int x) { if (second()) return sym_a(x); return x; }
/// function_with_two_answers: sym_a
static int maybe(int x) { if (x) return 1; return 0; }
int f(int x) { if (maybe(x)) return sym_a(x); return x; }
/// global_stub_may_be_replaced_by_nobody:
int constant(void) { return 0; }
static inline int stub(void) { return 0; }
int f(int x) { if (stub()) return sym_a(x); return x; }
/// static_variable_never_written:
static int debug;
int f(int x) { if (debug) sym_a(x); return x; }
/// static_variable_never_written_with_value: sym_a
static int debug = 2;
int f(int x) { if (debug) sym_a(x); else sym_b(x); return x; }
/// static_variable_that_is_written: sym_a
static int debug;
int f(int x) { if (debug) sym_a(x); return x; }
void g(int x) { debug = x; }
/// static_variable_whose_address_is_taken: sym_a
static int debug;
int f(int x) { if (debug) sym_a(x); return x; }
void g(void) { keep(&debug); }
/// static_variable_stepped: sym_a
static int debug;
int f(int x) { if (debug) sym_a(x); debug++; return x; }
/// const_variable:
static const int debug = 0;
int f(int x) { if (debug) sym_a(x); return x; }
/// global_variable_may_change: sym_a
int debug;
int f(int x) { if (debug) sym_a(x); return x; }
/// local_constant:
int f(int x) { const int no = 0; if (no) sym_a(x); return x; }
/// local_set_once:
int f(int x) { int no = 0; if (no) sym_a(x); return x; }
/// local_set_twice: sym_a
int f(int x) { int maybe = 0; if (x) maybe = plain(x); if (maybe) sym_a(x); return x; }
/// static_function_uncalled:
static int helper(int x) { return sym_a(x); }
int f(int x) { return x; }
/// static_function_called: sym_a
static int helper(int x) { return sym_a(x); }
int f(int x) { return helper(x); }
/// static_function_called_only_by_a_dead_one:
static int inner(int x) { return sym_a(x); }
static int outer(int x) { return inner(x); }
/// static_function_declared_ahead: sym_a
static int helper(int x);
int f(int x) { return helper(x); }
static int helper(int x) { return sym_a(x); }
/// static_functions_that_call_each_other_alone:
static int two(int x);
static int one(int x) { return x ? two(x - 1) : sym_a(x); }
static int two(int x) { return x ? one(x - 1) : sym_b(x); }
/// static_function_called_in_dead_code:
static int helper(int x) { return sym_a(x); }
int f(int x) { if (0) return helper(x); return x; }
/// static_function_in_a_table: sym_a
static int helper(int x) { return sym_a(x); }
int (*table[])(int) = { helper };
/// static_function_in_a_dead_table:
static int helper(int x) { return sym_a(x); }
static int (*table[])(int) = { helper };
/// inline_chain: sym_a
static inline int one(int x) { return sym_a(x); }
static inline int two(int x) { return one(x) + 1; }
static inline int three(int x) { return two(x) + 1; }
int f(int x) { return three(x); }
/// inline_uncalled:
static inline int one(int x) { return sym_a(x); }
static inline int two(int x) { return one(x) + 1; }
/// recursion: sym_a
static int deep(int x) { return x ? deep(x - 1) + plain(x) : sym_a(x); }
int f(int x) { return deep(x); }
/// extern_inline_gnu_emits_nothing:
extern inline __attribute__((gnu_inline)) int one(int x) { return sym_a(x); }
int f(int x) { return x; }
/// extern_inline_gnu_called: sym_a
extern inline __attribute__((gnu_inline, always_inline)) int one(int x) { return sym_a(x); }
int f(int x) { return one(x); }
/// extern_inline_of_c99_is_emitted: sym_a
extern inline int one(int x) { return sym_a(x); }
/// own_definition_is_no_use:
int sym_a(int x) { return x; }
int f(int x) { return sym_a(x); }
/// own_static_definition_is_no_use:
static int helper(int x) { return x; }
#define sym_c helper
int f(int x) { return sym_c(x); }
/// own_object_is_no_use:
int obj_a = 3;
int f(void) { return obj_a; }
/// tentative_definition_is_no_use:
int obj_a;
int f(void) { return obj_a; }
/// macro_that_calls: sym_a
#define CALL(x) sym_a(x)
int f(int x) { return CALL(x); }
/// macro_never_called:
#define CALL(x) sym_a(x)
int f(int x) { return x; }
/// macro_chain: sym_a
#define ONE(x) sym_a(x)
#define TWO(x) ONE(x)
int f(int x) { return TWO(x); }
/// macro_drops_its_argument:
#define DROP(x) 0
int f(int x) { return DROP(sym_a(x)); }
/// macro_makes_a_string_of_its_argument:
#define TEXT(x) #x
const char *f(void) { return TEXT(sym_a); }
/// macro_argument_is_a_function: sym_b
#define APPLY(fn, x) fn(x)
int f(int x) { return APPLY(sym_b, x); }
/// macro_pastes_a_name: sym_c
#define CALL(which, x) sym_##which(x)
int f(int x) { return CALL(c, x); }
/// macro_pastes_a_name_at_one_remove: sym_c
#define CALL_(which, x) sym_##which(x)
#define CALL(which, x) CALL_(which, x)
#define WHICH c
int f(int x) { return CALL(WHICH, x); }
/// macro_pastes_another_name:
#define CALL(which, x) which##_sym_a(x)
static int my_sym_a(int x) { return x; }
int f(int x) { return CALL(my, x); }
/// macro_pastes_both_halves: sym_a
#define JOIN(a, b) a##b
int f(int x) { return JOIN(sy, m_a)(x); }
/// macro_call_that_looks_like_a_prototype: sym_a
#define SHOW_ATTR() int (*attr)(int) = sym_a
static SHOW_ATTR();
int f(int x) { return attr(x); }
/// macro_hides_a_name:
#define sym_a(x) plain(x)
int f(int x) { return sym_a(x); }
/// function_like_macro_without_call_hides_nothing: sym_a
#define sym_a(x) plain(x)
int (*f(void))(int) { return sym_a; }
/// macro_of_its_own_name: sym_a
#define sym_a(x) sym_a((x) + 1)
int f(int x) { return sym_a(x); }
/// parenthesised_name_is_not_the_macro: sym_a
#define sym_a(x) plain(x)
int f(int x) { return (sym_a)(x); }
/// macro_undefined_again: sym_a
#define sym_a(x) plain(x)
int g(int x) { return sym_a(x); }
#undef sym_a
int f(int x) { return sym_a(x); }
/// macro_redefined_between_functions: sym_a sym_b
#define CALL sym_a
int g(int x) { return CALL(x); }
#undef CALL
#define CALL sym_b
int f(int x) { return CALL(x); }
/// macro_undefined_after_its_use: sym_a
#define CALL sym_a
int f(int x) { return CALL(x); }
#undef CALL
/// pasting_macro_undefined_again: sym_a
#define CALL(which) sym_##which
int f(int x) { return CALL(a)(x); }
#undef CALL
/// macro_undefined_before_its_use: sym_b
#define CALL sym_a
#undef CALL
int CALL(int x) { return sym_b(x); }
/// macro_defines_a_function: sym_a
#define DEFINE(name, what) int name(int x) { return what(x); }
DEFINE(f, sym_a)
/// macro_defines_a_static_function_uncalled:
#define DEFINE(name, what) static int name(int x) { return what(x); }
DEFINE(helper, sym_a)
int f(int x) { return x; }
/// macro_defines_a_static_function_called: sym_b
#define DEFINE(name, what) static int do_##name(int x) { return what(x); }
DEFINE(one, sym_a)
DEFINE(two, sym_b)
int f(int x) { return do_two(x); }
/// x_macro_list: sym_a sym_b
#define LIST(X) X(a) X(b)
#define ONE(n) sym_##n(x);
int f(int x) { LIST(ONE) return x; }
/// x_macro_table: sym_a sym_b sym_c
#define LIST(X) X(sym_a) X(sym_b) X(sym_c)
#define ENTRY(fn) fn,
int (*table[])(int) = { LIST(ENTRY) };
/// x_macro_enum_is_no_use:
#define LIST(X) X(a) X(b)
#define ENTRY(n) E_sym_##n,
enum { LIST(ENTRY) };
int f(void) { return E_sym_b; }
/// variadic_macro: sym_a
#define CALL(fn, ...) fn(__VA_ARGS__)
int f(int x) { return CALL(sym_a, x); }
/// statement_expression: sym_a
#define GUARDED(x) ({ int __x = (x); if (__x < 0) __x = sym_a(__x); __x; })
int f(int x) { return GUARDED(x) + 1; }
/// statement_expression_with_a_local_of_the_name:
#define GUARDED(x) ({ int sym_a = (x); sym_a; })
int f(int x) { return GUARDED(x) + 1; }
/// preprocessor_if:
#if 0
int f(int x) { return sym_a(x); }
#endif
int g(int x) { return x; }
/// preprocessor_else_splits_a_function: sym_b
int f(int x)
{
#ifdef SOMETHING
	if (sym_a(x)) {
#else
	if (sym_b(x)) {
#endif
		return 1;
	}
	return 0;
}
/// comment_and_string_are_no_use:
/* sym_a(1) */ // sym_b(2)
const char *f(void) { return "sym_c(3)"; }
/// name_spliced_over_lines: sym_a
int f(int x) { return sym_\
a(x); }
/// longer_name_is_another:
int sym_ab(int);
int my_sym_a(int);
int f(int x) { return sym_ab(x) + my_sym_a(x); }
/// choose_expr_drops_the_other: sym_a
int f(int x) { return __builtin_choose_expr(1, sym_a(x), sym_b(x)); }
/// generic_selection_takes_one: sym_a
int f(int x) { return _Generic(x, int: sym_a, long: sym_b)(x); }
/// expect_of_a_constant:
int f(int x) { if (__builtin_expect(!!(0), 0)) return sym_a(x); return x; }
/// constant_p_of_a_number:
int f(int x) { if (!__builtin_constant_p(3)) return sym_a(x); return x; }
/// nested_function_pointer_argument: sym_a sym_b
int call(int (*)(int), int);
int f(int x) { return call(sym_a, call(&sym_b, x)); }
/// compound_literal: sym_a
struct ops { int (*first)(int); };
void f(void) { keep(&(struct ops){ .first = sym_a }); }
/// arithmetic_on_constants: sym_b
enum { DEPTH = 4 };
int f(int x) { if (2 * 3 - 6) return sym_a(x); if ((1 << 2) == 4 && 7 % 4 == 3) return sym_b(x); return sym_c(x); }
/// static_local_keeps_its_address: sym_a
int f(int x) { static int (*const table[])(int) = { sym_a, plain }; return table[x & 1](x); }
/// initialiser_of_a_local: sym_a
int f(int x) { int y = sym_a(x), z = y; return z + y; }
/// own_initialiser_is_already_hidden:
int f(int x) { int obj_a = sizeof(obj_a); return obj_a; }
/// k_and_r_parameters_shadow:
int f(sym_a, x) int sym_a; int x; { return sym_a + x; }
/// array_size_is_no_use:
char buffer[sizeof(obj_b)];
/// attribute_words_are_no_use:
int __attribute__((section("sym_a"), deprecated("sym_b"))) f(int x) { return x; }
/// weak_function_is_emitted: sym_a
int __attribute__((weak)) f(int x) { return sym_a(x); }
/// auto_type: sym_a
int f(int x) { __auto_type y = sym_a(x); return y; }
/// early_return_in_a_stub_then_code:
static inline int enabled(void) { return 0; }
int f(int x) { if (!enabled()) return 0; return sym_a(x); }
/// goto_over_the_dead_part: sym_b
int f(int x) { if (1) goto out; sym_a(x); out: return sym_b(x); }
/// two_declarators_one_shadows:
int f(int x) { int y = 1, sym_a = x, *p = &y; keep(p); return sym_a; }
/// local_extern_object: obj_a
int f(void) { extern int obj_a; return obj_a; }
/// typedef_at_file_scope_of_another_name: sym_a
typedef int (*handler)(int);
handler f(void) { return sym_a; }
/// bit_field_and_nested_struct:
struct outer { struct { int sym_a : 3; } in; int obj_a; };
int f(struct outer *o) { return o->in.sym_a + (*o).obj_a; }
/// designator_chain: sym_b
struct outer { struct { int (*sym_a)(int); } in; };
struct outer f = { .in.sym_a = sym_b };
/// computed_goto: sym_a
int f(int x) { void *where = x ? &&one : &&two; goto *where; one: return sym_a(x); two: return x; }
/// negated_error_pointer: sym_a
int f(int x) { if ((unsigned long)sym_a >= (unsigned long)-4095) return 1; return 0; }
/// if_zero_before_a_label_is_dead:
int f(int x) { if (x) goto out; if (0) sym_a(x); out: return x; }
/// use_above_a_local_declaration: sym_a
int f(int x) { int y = sym_a(x); int sym_a = y; return sym_a; }
/// label_above_the_statement_before: sym_a
int f(int x) { if (x) goto out; return x; out: plain(x); sym_a(x); return 0; }
/// asm_text_names_a_symbol: sym_a
void f(void) { asm volatile("call sym_a"); }
/// asm_label_names_the_symbol: sym_a
extern int mine(int) __asm__("sym_a");
int f(int x) { return mine(x); }
/// asm_label_by_a_macro: sym_a
#define RENAME(x) __asm__(#x)
extern int mine(int) RENAME(sym_a);
static inline int wrapped(int x) { return mine(x); }
int f(int x) { return wrapped(x); }
/// asm_label_of_what_nobody_uses:
extern int mine(int) __asm__("sym_a");
int f(int x) { return x; }
/// asm_label_of_an_object: obj_a
extern int mine asm("obj_a");
int f(void) { return mine; }
/// asm_label_that_repeats_the_name: sym_c
extern int sym_c(int) __asm__("sym_c");
int f(int x) { return sym_c(x); }
/// asm_label_of_a_register_variable:
int f(int x) { register int y asm("ebx") = x; asm volatile("" : "+r"(y)); return y; }
/// asm_label_behind_an_inline_of_that_name: sym_a
extern int real(int) __asm__("sym_a");
extern inline __attribute__((gnu_inline)) int sym_a(int x) { return real(x); }
int f(int x) { return sym_a(x); }
/// pasted_name_of_a_static_function_in_a_list: sym_a sym_b
struct attr { int (*show)(int); int (*store)(int); };
#define ATTR(n) { .show = n##_show, .store = n##_store }
static int level_show(int x) { return x; }
static int level_store(int x) { return sym_a(x); }
static int name_show(int x) { return sym_b(x); }
static int name_store(int x) { return x; }
struct attr attrs[] = { ATTR(level), ATTR(name), };
/// pasted_name_of_a_static_function_in_a_body: sym_a
#define CALL(n) n##_now(1)
static int level_now(int x) { return sym_a(x); }
int f(int x) { return plain(x) + CALL(level); }
