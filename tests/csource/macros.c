/// object_like
#define N 4
int a[N];
/// chain
#define A B
#define B C
#define C 7
A B C
/// self_reference_stays
#define x x + 1
x (x)
/// two_that_name_each_other
#define foo bar
#define bar foo
foo bar
/// function_like
#define ADD(a, b) ((a) + (b))
ADD(1, 2) ADD(ADD(1, 2), 3) ADD((1, 2), 3)
/// function_like_without_call
#define f(a) <a>
f f; f (1) (f)(2)
/// space_before_the_parenthesis_makes_an_object
#define g (a) b
g(1)
/// call_over_lines
#define f(a, b) [a|b]
f(1,
  2)
/// arguments_may_be_empty
#define f(a, b) [a|b]
f(,) f(1,) f(,2)
/// no_parameters
#define f() one
f() f( ) f
/// one_empty_argument
#define f(a) [a]
f() f( )
/// standard_example_3
#define x 3
#define f(a) f(x * (a))
#undef x
#define x 2
#define g f
#define z z[0]
#define h g(~
#define m(a) a(w)
#define w 0,1
#define t(a) a
#define p() int
#define q(x) x
#define r(x,y) x ## y
#define str(x) # x
f(y+1) + f(f(z)) % t(t(g)(0) + t)(1);
g(x+(3,4)-w) | h 5) & m
(f)^m(m);
p() i[q()] = { q(1), r(2,3), r(4,), r(,5), r(,) };
char c[2][6] = { str(hello), str() };
/// standard_example_4
#define str(s) # s
#define xstr(s) str(s)
#define debug(s, t) printf("x" # s "= %d, x" # t "= %s", x ## s, x ## t)
#define INCFILE(n) vers ## n
#define glue(a, b) a ## b
#define xglue(a, b) glue(a, b)
#define HIGHLOW "hello"
#define LOW LOW ", world"
debug(1, 2);
fputs(str(strncmp("abc\0d", "abc", '\4') == 0) str(: @\n), s);
xstr(INCFILE(2).h)
glue(HIGH, LOW);
xglue(HIGH, LOW)
/// standard_example_5
#define t(x,y,z) x ## y ## z
int j[] = { t(1,2,3), t(,4,5), t(6,,7), t(8,9,), t(10,,), t(,11,), t(,,12), t(,,) };
/// standard_example_7
#define debug(...) fprintf(stderr, __VA_ARGS__)
#define showlist(...) puts(#__VA_ARGS__)
#define report(test, ...) ((test)?puts(#test): printf(__VA_ARGS__))
debug("Flag");
debug("X = %d\n", x);
showlist(The first, second, and third items.);
report(x>y, "x is %d but y is %d", x, y);
/// hash_hash_in_a_macro_of_the_standard
#define hash_hash # ## #
#define mkstr(a) # a
#define in_between(a) mkstr(a)
#define join(c, d) in_between(c hash_hash d)
char p[] = join(x, y);
/// named_variadic
#define pr(fmt, args...) printk(fmt, args)
pr("a", 1, 2)
/// named_variadic_comma_swallowed
#define pr(fmt, args...) printk(fmt, ##args)
pr("a") pr("a", 1, 2)
/// variadic_comma_swallowed
#define pr(fmt, ...) printk(fmt, ##__VA_ARGS__)
pr("a") pr("a", b)
/// variadic_alone_comma
#define pr(...) printk(0, ##__VA_ARGS__)
pr() pr(1) pr(1, 2)
/// variadic_comma_kept_without_paste
#define pr(fmt, ...) printk(fmt, __VA_ARGS__)
pr("a",) pr("a", 1)
/// variadic_arguments_are_expanded
#define one 1
#define pr(fmt, ...) printk(fmt, ##__VA_ARGS__)
pr("a", one, one)
/// va_opt
#define pr(fmt, ...) printk(fmt __VA_OPT__(,) __VA_ARGS__)
pr("a") pr("a", 1, 2) pr("a",)
/// va_opt_with_more_inside
#define call(f, ...) f(0 __VA_OPT__(, (__VA_ARGS__)))
call(g) call(g, 1, 2)
/// va_opt_with_a_string_inside
#define call(f, ...) f(0 __VA_OPT__(, #__VA_ARGS__))
call(g, 1, 2)
/// comma_kept_before_an_empty_variadic_argument
#define pr(fmt, ...) printk(fmt, ##__VA_ARGS__)
pr("a",)
/// va_opt_of_an_argument_that_expands_to_nothing
#define EMPTY
#define pr(fmt, ...) printk(fmt __VA_OPT__(,) __VA_ARGS__)
pr("a", EMPTY)
/// stringify_keeps_spaces_single
#define str(x) #x
str(  a   +   b  ) str(a+b) str(a /* c */ b)
/// stringify_strings
#define str(x) #x
str("a\n") str('"') str("\"")
/// stringify_does_not_expand
#define one 1
#define str(x) #x
#define xstr(x) str(x)
str(one) xstr(one)
/// stringify_with_a_space_behind_the_mark
#define str(x) # x
str(a)
/// paste_makes_a_macro
#define AB 3
#define paste(a, b) a##b
paste(A, B)
/// paste_does_not_expand_its_operands
#define A 1
#define B 2
#define paste(a, b) a##b
#define xpaste(a, b) paste(a, b)
paste(A, B) xpaste(A, B)
/// paste_of_several_tokens
#define paste(a, b) a##b
paste(x y, z w)
/// paste_with_empty
#define paste(a, b) [a##b]
paste(, b) paste(a, ) paste(,)
/// paste_three
#define p(a, b, c) a##_##b##_##c
p(x, y, z) p(x,,z)
/// paste_numbers
#define p(a, b) a##b
p(1, 2) p(0x, ff) p(x, 1)
/// paste_operators
#define p(a, b) a##b
p(+, +) p(<, <) p(-, >)
/// paste_in_an_object_like_macro
#define ab a ## b
ab
/// paste_then_hidden
#define foo(x) fo ## x
foo(o)(1)
/// stringify_in_an_object_like_macro_is_text
#define hash #x
hash
/// name_comes_from_an_argument
#define apply(m, x) m(x)
#define twice(x) x x
apply(twice, 3)
/// call_completed_by_what_follows
#define f(x) <x>
#define g f
g(1) g (2)
/// call_half_in_the_macro
#define f(x, y) <x,y>
#define half f(1,
half 2)
/// recursion_through_an_argument
#define f(x) x + f(x)
f(f(1))
/// recursion_stays_blue_through_two
#define f(x) g(x)
#define g(x) f(x)
f(1) g(1)
/// indirect_recursion_with_arguments
#define f(a) a*g
#define g(a) f(a)
f(2)(9)
/// argument_expanded_before
#define a b
#define f(x) x x
f(a a)
/// parentheses_and_commas
#define f(a, b) [a][b]
f((1, 2), g(3, 4)) f({1}, "a,b")
/// brackets_do_not_protect_commas
#define f(a, b, c) [a][b][c]
f([1, 2], 3)
/// undef
#define a 1
a
#undef a
a
/// redefined
#define a 1
a
#undef a
#define a 2
a
/// under_conditions
#define a 1
#if a
yes
#else
no
#endif
#ifdef b
no
#elif defined(a) && a == 1
yes
#endif
/// comment_in_the_body
#define a 1 /* two
three */ + 4
a
/// comment_between_name_and_parenthesis
#define f/**/(x) x
f(1)
/// line_comment_in_the_body
#define a 1 // 2
a
/// continued
#define a 1 \
	+ 2
a
/// continued_within_a_word
#define a on\
e
a
/// spaces_round_the_mark
 #  define a 1
	#	define b 2
a b
/// line_number
#define here __LINE__
here
here __LINE__
/// counter
#define unique __COUNTER__
unique unique __COUNTER__
/// counter_pasted
#define p_(a, b) a##b
#define p(a, b) p_(a, b)
p(x, __COUNTER__) p(x, __COUNTER__)
/// line_pasted
#define p_(a, b) a##b
#define p(a, b) p_(a, b)
p(x, __LINE__)
/// kernel_is_enabled
#define PICK_1 0,
#define second(a, b, ...) b
#define is_(x) is__(PICK_##x)
#define is__(j) second(j 1, 0)
#define is(x) is_(x)
#define CONFIG_A 1
is(CONFIG_A) is(CONFIG_B)
/// kernel_count_args
#define COUNT_(_0, _1, _2, _3, _4, n, X...) n
#define COUNT(X...) COUNT_(, ##X, 4, 3, 2, 1, 0)
COUNT() COUNT(a) COUNT(a, b) COUNT(a, b, c)
/// kernel_map
#define MAP0(m, ...)
#define MAP1(m, t, a, ...) m(t, a)
#define MAP2(m, t, a, ...) m(t, a), MAP1(m, __VA_ARGS__)
#define MAP(n, ...) MAP##n(__VA_ARGS__)
#define DECL(t, a) t a
MAP(0) MAP(1, DECL, int, x) MAP(2, DECL, int, x, long, y)
/// numbers_and_floats
#define e 1
0x1e+3 1e+3 1.5e-3f e
/// character_and_string_literals_are_untouched
#define a 1
'a' "a" L"a" L'a' u8"a"
/// dollar_in_names
#define a$b 1
a$b a
/// keywords_may_be_macros
#define if while
if (1) ;
/// body_without_space
#define minus -1
x-minus
/// two_on_one_line
#define f(x) x
f(1)f(2) f(f)(3)
/// unterminated_call_at_the_end
#define f(x) [x]
f
/// defined_twice_alike
#define a 1
#define a 1
a
