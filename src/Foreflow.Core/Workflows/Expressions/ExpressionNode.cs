using System.Collections.Immutable;
using System.Text.Json;

namespace Foreflow.Core.Workflows.Expressions;

/// <summary>A node of a parsed expression. Positions count characters from the start of the expression's text.</summary>
internal abstract record ExpressionNode(int Position);

internal sealed record LiteralNode(int Position, JsonElement Value) : ExpressionNode(Position);

/// <summary>The whole of <c>inputs</c>, or one of them.</summary>
internal sealed record InputNode(int Position, string? Name) : ExpressionNode(Position);

/// <summary>All outputs of a stage, or one of them.</summary>
internal sealed record OutputNode(int Position, string Stage, string? Name) : ExpressionNode(Position);

internal sealed record ItemNode(int Position) : ExpressionNode(Position);

internal sealed record IndexNode(int Position) : ExpressionNode(Position);

internal sealed record RunIdNode(int Position) : ExpressionNode(Position);

/// <summary><c>target[key]</c>, and <c>target.key</c> with a literal key.</summary>
internal sealed record ElementNode(int Position, ExpressionNode Target, ExpressionNode Key) : ExpressionNode(Position);

internal sealed record NotNode(int Position, ExpressionNode Operand) : ExpressionNode(Position);

internal sealed record BinaryNode(int Position, BinaryOperator Operator, ExpressionNode Left, ExpressionNode Right) : ExpressionNode(Position);

internal sealed record CallNode(int Position, ExpressionFunction Function, ImmutableArray<ExpressionNode> Arguments) : ExpressionNode(Position);

internal enum BinaryOperator
{
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
