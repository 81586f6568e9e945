using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Tests.Workflows;

public class ExpressionTests
{
    private static readonly ExpressionScope Scope = new()
    {
        RunId = "r-1",
        Inputs = Values("""{"day":"today","limit":10,"flag":false,"list":[1,"two",null],"map":{"a":{"b":2}},"empty":""}"""),
        Outputs = Values("""{"split":{"chunks":["x","y"],"big":12345678901234567890,"n":1.0,"none":null},"skipped":{"out":null}}"""),
        Item = JsonElement.Parse("""{"name":"n","size":3}"""),
        Index = 7,
    };

    [Theory]
    // What can be read.
    [InlineData("inputs.day", "\"today\"")]
    [InlineData("inputs['day']", "\"today\"")]
    [InlineData("stages.split.outputs.chunks", "[\"x\",\"y\"]")]
    [InlineData("stages['split']['outputs']['chunks'][1]", "\"y\"")]
    [InlineData("stages.split.outputs.chunks[inputs.limit]", "null")]
    [InlineData("stages.split.outputs", """{"chunks":["x","y"],"big":12345678901234567890,"n":1.0,"none":null}""")]
    [InlineData("stages.never.outputs.out", "null")]
    [InlineData("item.name", "\"n\"")]
    [InlineData("item['size']", "3")]
    [InlineData("item.nothing.at.all", "null")]
    [InlineData("index", "7")]
    [InlineData("run.id", "\"r-1\"")]
    [InlineData("inputs.map.a.b", "2")]
    // Numbers go out as they came in.
    [InlineData("stages.split.outputs.big", "12345678901234567890")]
    [InlineData("stages.split.outputs.n", "1.0")]
    // Literals.
    [InlineData("'it''s'", "\"it's\"")]
    [InlineData("-1.5e3", "-1.5e3")]
    [InlineData(" true ", "true")]
    [InlineData("null", "null")]
    // Operators, loosest first.
    [InlineData("1 == 1.0", "true")]
    [InlineData("'a' == 'A'", "false")]
    [InlineData("inputs.day != 'today'", "false")]
    [InlineData("null == stages.split.outputs.none", "true")]
    [InlineData("'' == null", "false")]
    [InlineData("2 < 10 && '2' > '10'", "true")]
    [InlineData("1 >= 1 && 1 <= 1", "true")]
    [InlineData("true || false && false", "true")]
    [InlineData("(true || false) && false", "false")]
    [InlineData("!inputs.flag", "true")]
    [InlineData("!!0", "false")]
    [InlineData("inputs.list == fromJSON('[1, \"two\", null]')", "true")]
    [InlineData("inputs.map == fromJSON('{\"a\":{\"b\":2.0}}')", "true")]
    // The value that decides is the result.
    [InlineData("inputs.empty || 'default'", "\"default\"")]
    [InlineData("inputs.limit && 'yes'", "\"yes\"")]
    [InlineData("inputs.list || 1", "[1,\"two\",null]")]
    // What is not asked for is not evaluated.
    [InlineData("true || length(1)", "true")]
    // Functions.
    [InlineData("contains(inputs.list, 'two')", "true")]
    [InlineData("contains(inputs.list, 2)", "false")]
    [InlineData("contains('haystack', 'stack')", "true")]
    [InlineData("contains(stages.skipped.outputs.out, 'x')", "false")]
    [InlineData("startsWith(inputs.day, 'to') && endsWith(inputs.day, 'day')", "true")]
    [InlineData("length(inputs.list)", "3")]
    [InlineData("length('日本🚀')", "3")]
    [InlineData("length(null)", "0")]
    [InlineData("length(inputs.map)", "1")]
    [InlineData("range(3)", "[0,1,2]")]
    [InlineData("range(5, 7)", "[5,6]")]
    [InlineData("range(-2)", "[]")]
    [InlineData("join(inputs.list, '-')", "\"1-two-\"")]
    [InlineData("join(inputs.list)", "\"1,two,\"")]
    [InlineData("format('{0} of {1} {{x}}', index, inputs.limit)", "\"7 of 10 {x}\"")]
    [InlineData("toJSON(inputs.map)", "\"{\\\"a\\\":{\\\"b\\\":2}}\"")]
    [InlineData("fromJSON('{\"a\":[1]}').a[0]", "1")]
    [InlineData("success() && !failure() && always()", "true")]
    public void An_expression_has_a_value(string text, string expected)
    {
        Assert.True(Expression.Parse(text).TryEvaluate(Scope, out var value, out var error), error?.ToString());
        Assert.True(Json.Equal(JsonElement.Parse(expected), value), Json.ToText(value));
    }

    [Theory]
    [InlineData("", "the expression is empty", 1)]
    [InlineData("1 +", "there is no arithmetic: '+' is not an operator", 3)]
    [InlineData("a.b", "'a' is not known: a string stands in single quotes, 'a'", 1)]
    [InlineData("inptus.day", "'inptus' is not known, did you mean 'inputs'?", 1)]
    [InlineData("\"x\"", "strings stand in single quotes: 'text'", 1)]
    [InlineData("1 = 1", "'=' is not an operator: equality is '=='", 3)]
    [InlineData("'open", "the string that starts here has no closing quote", 1)]
    [InlineData("(1", "')' is missing at the end", 3)]
    [InlineData("1 2", "'2' is not expected here", 3)]
    [InlineData("1 ==", "the expression ends where a value is expected", 5)]
    [InlineData("lenght('x')", "there is no function 'lenght', did you mean 'length'?", 1)]
    [InlineData("length('x', 1)", "length() takes 1 argument, not 2", 1)]
    [InlineData("stages.a.status", "outputs of a stage are written stages.NAME.outputs or stages.NAME.outputs.OUTPUT", 1)]
    [InlineData("stages[item].outputs", "a name is expected here, as ['name']", 8)]
    [InlineData("run.name", "of a run there is only 'run.id'", 1)]
    [InlineData("github.sha", "there is no 'github' here: an expression can see inputs, stages, item, index and run", 1)]
    [InlineData("01", "'01' is not a number", 1)]
    [InlineData("1e999", "'1e999' is not a number", 1)]
    public void A_bad_expression_is_told_where_and_why(string text, string message, int character)
    {
        Assert.False(Expression.TryParse(text, out _, out var error));
        Assert.Equal(new ExpressionError(message, character - 1), error);
    }

    [Theory]
    [InlineData("5 == '5'", "5 is a number and '5' is a string: they cannot be compared")]
    [InlineData("inputs.list < 1", "[1,\"two\",null] is an array and 1 is a number: only two numbers or two strings have an order")]
    [InlineData("inputs.day.x", "'today' is a string: it has no element 'x'")]
    [InlineData("inputs.list.x", "an array has no element 'x': its keys are numbers")]
    [InlineData("length(5)", "length() is that of an array, object or string, not a number")]
    [InlineData("range(99999999)", "range() of 99999999 numbers: at most 100000")]
    [InlineData("range(1.5)", "range() takes whole numbers, not 1.5")]
    [InlineData("fromJSON('{')", "fromJSON(): not JSON: line 1, byte 2: Expected depth to be zero at the end of the JSON payload. There is an open JSON object or array that should be closed.")]
    [InlineData("fromJSON('\"\\ud800\"')", "fromJSON(): not JSON: a string holds half a surrogate pair")]
    [InlineData("format('{1}', 1)", "format() has no argument for the brace at character 1 of '{1}': a brace itself is written twice")]
    [InlineData("startsWith(inputs.list, 'x')", "startsWith() takes a string, not an array")]
    public void An_evaluation_that_fails_says_why(string text, string message)
    {
        Assert.False(Expression.Parse(text).TryEvaluate(Scope, out _, out var error));
        Assert.Equal(message, error!.Message);
    }

    [Fact]
    public void Depth_and_length_are_bounded_and_the_bounds_can_be_evaluated()
    {
        Assert.False(Expression.TryParse(new string('(', 4_000) + "1" + new string(')', 4_000), out _, out var deep));
        Assert.Contains("nested deeper", deep!.Message, StringComparison.Ordinal);
        Assert.False(Expression.TryParse(string.Join("||", Enumerable.Repeat("1", 600)), out _, out var many));
        Assert.Contains("more than 500 parts", many!.Message, StringComparison.Ordinal);
        Assert.False(Expression.TryParse(new string(' ', 9_000), out _, out _));
        Assert.True(Expression.Parse(string.Join("||", Enumerable.Repeat("0", 250))).TryEvaluate(Scope, out _, out _));
    }

    [Fact]
    public void A_text_that_grows_is_stopped()
    {
        var grow = "format('{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}', ";
        var text = string.Concat(Enumerable.Repeat(grow, 9)) + "'0123456789'" + new string(')', 9);
        Assert.False(Expression.Parse(text).TryEvaluate(Scope, out _, out var error));
        Assert.Equal("format() makes more than 1048576 characters", error!.Message);
    }

    // Any text whatever: parsing and evaluating end, and throw nothing.
    [Fact]
    public void No_text_throws()
    {
        string[] pieces =
        [
            "inputs", ".", "day", "list", "stages", "split", "outputs", "chunks", "item", "index", "run", "id", "[", "]", "(", ")", ",", "'", "'a'", "''", "0", "1", "-1", "1e308", "1e-400", "1e99999999999", ".5",
            "==", "!=", "<", "<=", ">", ">=", "&&", "||", "!", " ", "contains", "startsWith", "length", "range", "join", "format", "'{0}'", "'{'", "toJSON", "fromJSON", "'[1e400]'", "always", "null", "true", "é", "\uD800", "\0", "\"", "9007199254740993",
        ];
        var random = new Random(5);
        var evaluated = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var text = new StringBuilder();
            for (var count = 1 + random.Next(12); count > 0; count--) text.Append(pieces[random.Next(pieces.Length)]);
            if (!Expression.TryParse(text.ToString(), out var expression, out var error))
            {
                Assert.InRange(error!.Position, 0, text.Length);
                continue;
            }

            evaluated++;
            if (expression!.TryEvaluate(Scope, out var value, out error)) Json.ToText(value);
            else Assert.InRange(error!.Position, 0, text.Length);
        }

        Assert.True(evaluated > 2_000, $"{evaluated}");
    }

    [Theory]
    [InlineData("1e99999999999 == 1e99999999998")]
    [InlineData("fromJSON('1e99999999999') == fromJSON('1e99999999998')")]
    [InlineData("fromJSON('-1e400') < fromJSON('1e400')")]
    [InlineData("length(fromJSON('1e400'))")]
    public void Numbers_beyond_all_bounds_do_not_throw(string text)
    {
        if (Expression.TryParse(text, out var expression, out _)) expression!.TryEvaluate(Scope, out _, out _);
    }

    [Theory]
    [InlineData("s3://logs/${{ inputs.day }}.gz", "\"s3://logs/today.gz\"")]
    [InlineData("${{ inputs.list }}", "[1,\"two\",null]")]
    [InlineData("${{inputs.limit}}${{ index }}", "\"107\"")]
    [InlineData("${{ '}}' }} and ${{ '${{' }}", "\"}} and ${{\"")]
    [InlineData("no expression, $HOME and ${X}", "\"no expression, $HOME and ${X}\"")]
    [InlineData(" ${{ inputs.list }}", "\" [1,\\\"two\\\",null]\"")]
    [InlineData("${{ null }}.", "\".\"")]
    [InlineData("", "\"\"")]
    public void A_template_keeps_the_type_of_a_lone_expression_and_else_makes_text(string source, string expected)
    {
        Assert.True(Template.Parse(source).TryEvaluate(Scope, out var value, out _));
        Assert.Equal(expected, Json.ToText(value));
    }

    [Fact]
    public void A_template_knows_what_it_reads()
    {
        var template = Template.Parse("${{ stages.b.outputs.x }} ${{ stages.a.outputs.y[item] }}");
        Assert.Equal(["b", "a"], template.Expressions.SelectMany(e => e.Stages));
        Assert.Equal([false, true], template.Expressions.Select(e => e.IsPerTask));
        Assert.False(template.IsLiteral);
        Assert.True(Template.Parse("text").IsLiteral);
    }

    private static ImmutableDictionary<string, JsonElement> Values(string json) =>
        JsonElement.Parse(json).EnumerateObject().ToImmutableDictionary(p => p.Name, p => p.Value);
}
