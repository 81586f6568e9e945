using System.Reflection;
using DbUp.Builder;
using DbUp.Engine.Output;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Migrations;

/// <summary>Brings a database up to this version's schema: one numbered script after another, all of them in one transaction, journalled by DbUp.</summary>
/// <param name="dialect">Folder of the scripts: <c>Sqlite</c> or <c>Postgres</c>.</param>
/// <param name="where">The database, for messages.</param>
internal sealed class Migrator(string dialect, string where)
{
    private readonly string[] known =
    [
        .. typeof(Migrator).Assembly.GetManifestResourceNames().Where(name => name.StartsWith($"{dialect}.", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];

    /// <summary>Whether scripts are missing, by the names of those that were applied.</summary>
    /// <exception cref="SchemaTooNewException">A script was applied that this version does not know.</exception>
    public bool IsNeeded(IReadOnlyCollection<string> applied)
    {
        var unknown = applied.Except(known, StringComparer.Ordinal).Order(StringComparer.Ordinal).LastOrDefault();
        if (unknown is not null) throw new SchemaTooNewException(where, Number(unknown), Number(known[^1]));
        return applied.Count < known.Length;
    }

    /// <summary>Applies what is missing. The caller holds a lock against others who do the same.</summary>
    public void Apply(UpgradeEngineBuilder builder)
    {
        var result = builder
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly(), name => known.Contains(name, StringComparer.Ordinal))
            .WithTransaction()
            .WithVariablesDisabled()
            .LogTo(new NoOpUpgradeLog())
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
            throw new StorageException($"{where}: the schema could not be brought up to date ({result.Error.Message})", result.Error);
    }

    private static string Number(string script) => script.Split('.')[1].Split('_')[0];
}
