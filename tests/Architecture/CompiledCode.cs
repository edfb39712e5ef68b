using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace SightPay.Architecture.Tests;

/// <summary>A type's full name in two parts; the arity of generics stays in it (<c>Task`1</c>).</summary>
internal readonly record struct TypeName(string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}.{Name}";
}

/// <summary>One mention of a member in the body of a method.</summary>
/// <param name="Parameters">How many the member takes; -1 for a field.</param>
/// <param name="Inside">The method that mentions it, with its nested type: <c>&lt;Enter&gt;d__3.MoveNext</c>.</param>
/// <param name="InStateMachine">True in code that the compiler made from an async method.</param>
internal sealed record MemberUse(TypeName Owner, string Member, int Parameters, string Inside, bool InStateMachine);

/// <summary>A top-level type with everything its code mentions; lambdas and state machines count to it.</summary>
/// <param name="Pointers">Places (field, method or local) whose type is a pointer, and native imports.</param>
/// <param name="OpenPointers">Public members that show a pointer or a native integer.</param>
internal sealed record CompiledType(
    TypeName Name, bool IsGenerated, bool IsPublic, IReadOnlySet<TypeName> Uses, IReadOnlyList<MemberUse> Members,
    IReadOnlyList<string> Pointers, IReadOnlyList<string> OpenPointers);

/// <summary>
/// Reads an assembly as the compiler left it, so that a dependency hidden behind <c>var</c>, an extension method or a
/// partly qualified name still counts.
/// </summary>
internal static class CompiledCode
{
    public static IReadOnlyList<CompiledType> Of(string assemblyPath)
    {
        using var portable = new PEReader(File.OpenRead(assemblyPath));
        var metadata = portable.GetMetadataReader();
        var types = new Dictionary<TypeDefinitionHandle, TypeReading>();
        foreach (var handle in metadata.TypeDefinitions)
        {
            var outer = OuterOf(metadata, handle);
            if (!types.TryGetValue(outer, out var reading))
                types[outer] = reading = new TypeReading(metadata, portable, outer);
            reading.Take(handle);
        }

        return [.. types.Values.Select(reading => reading.Result())];
    }

    /// <summary>The built assembly with this file name beside the tests.</summary>
    public static string Beside(string fileName) => Path.Combine(AppContext.BaseDirectory, fileName);

    internal static TypeDefinitionHandle OuterOf(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        while (metadata.GetTypeDefinition(handle) is { IsNested: true } nested) handle = nested.GetDeclaringType();
        return handle;
    }
}

/// <summary>Collects what one top-level type and the types nested in it mention.</summary>
internal sealed class TypeReading(MetadataReader metadata, PEReader portable, TypeDefinitionHandle outer)
    : ISignatureTypeProvider<TypeName, object?>
{
    private static readonly Dictionary<int, OperandType> _operands = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value, code => code.OperandType);

    private readonly HashSet<TypeName> _uses = [];
    private readonly List<MemberUse> _members = [];
    private readonly List<string> _pointers = [];
    private readonly List<string> _openPointers = [];
    private string _inside = "";
    private bool _inStateMachine;
    private bool _sawPointer;
    private bool _sawNativeInteger;

    public CompiledType Result() =>
        new(NameOf(outer), IsGenerated(), IsPublic(), _uses, _members, _pointers, _openPointers);

    public void Take(TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        var nested = type.IsNested ? metadata.GetString(type.Name) + "." : "";
        var stateMachine = type.GetInterfaceImplementations()
            .Select(handle => metadata.GetInterfaceImplementation(handle).Interface)
            .Any(IsAsyncStateMachine);
        Mention(type.BaseType);
        foreach (var handles in type.GetInterfaceImplementations())
            Mention(metadata.GetInterfaceImplementation(handles).Interface);
        Attributes(type.GetCustomAttributes());
        Constraints(type.GetGenericParameters());
        foreach (var field in type.GetFields()) TakeField(metadata.GetFieldDefinition(field), nested);
        foreach (var method in type.GetMethods())
            TakeMethod(metadata.GetMethodDefinition(method), nested, stateMachine);
    }

    private void TakeField(FieldDefinition field, string nested)
    {
        var name = nested + metadata.GetString(field.Name);
        Attributes(field.GetCustomAttributes());
        var open = (field.Attributes & FieldAttributes.FieldAccessMask) is FieldAttributes.Public;
        Own(name, open && nested.Length == 0, () => field.DecodeSignature(this, null));
    }

    private void TakeMethod(MethodDefinition method, string nested, bool stateMachine)
    {
        _inside = nested + metadata.GetString(method.Name);
        _inStateMachine = stateMachine && metadata.GetString(method.Name) == "MoveNext";
        Attributes(method.GetCustomAttributes());
        Constraints(method.GetGenericParameters());
        var open = (method.Attributes & MethodAttributes.MemberAccessMask) is MethodAttributes.Public;
        Own(_inside, open && nested.Length == 0, () => method.DecodeSignature(this, null));
        if ((method.Attributes & MethodAttributes.PinvokeImpl) != 0) _pointers.Add($"{_inside} (native import)");
        if (method.RelativeVirtualAddress == 0) return;
        var body = portable.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
        {
            var locals = metadata.GetStandaloneSignature(body.LocalSignature);
            Own($"{_inside} (local)", open: false, () => locals.DecodeLocalSignature(this, null));
        }

        foreach (var region in body.ExceptionRegions) Mention(region.CatchType);
        Instructions(body.GetILReader());
    }

    /// <summary>Decodes a signature of ours; those of called members may hold pointers unseen.</summary>
    private void Own(string place, bool open, Action decode)
    {
        (_sawPointer, _sawNativeInteger) = (false, false);
        decode();
        if (_sawPointer) _pointers.Add(place);
        if (open && (_sawPointer || _sawNativeInteger)) _openPointers.Add(place);
    }

    private bool IsGenerated()
    {
        var type = metadata.GetTypeDefinition(outer);
        return metadata.GetString(type.Name).Contains('<') || type.GetCustomAttributes()
            .Select(handle => OwnerOf(metadata.GetCustomAttribute(handle).Constructor))
            .Any(name => name.Name is "CompilerGeneratedAttribute" or "GeneratedCodeAttribute" or "EmbeddedAttribute");
    }

    private bool IsPublic() =>
        (metadata.GetTypeDefinition(outer).Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public;

    private bool IsAsyncStateMachine(EntityHandle handle) =>
        handle.Kind == HandleKind.TypeReference
        && NameOf((TypeReferenceHandle)handle).Name == "IAsyncStateMachine";

    private void Attributes(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes) Mention(metadata.GetCustomAttribute(attribute).Constructor);
    }

    private void Constraints(GenericParameterHandleCollection parameters)
    {
        foreach (var parameter in parameters)
            foreach (var constraint in metadata.GetGenericParameter(parameter).GetConstraints())
                Mention(metadata.GetGenericParameterConstraint(constraint).Type);
    }

    private void Instructions(BlobReader code)
    {
        while (code.RemainingBytes > 0)
        {
            int operation = code.ReadByte();
            if (operation == 0xFE) operation = 0xFE00 | code.ReadByte();
            switch (_operands[operation])
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineI or OperandType.ShortInlineVar or OperandType.ShortInlineBrTarget:
                    code.ReadByte();
                    break;
                case OperandType.InlineVar:
                    code.ReadInt16();
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.ReadInt64();
                    break;
                case OperandType.InlineSwitch:
                    for (var targets = code.ReadInt32(); targets > 0; targets--) code.ReadInt32();
                    break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineType
                    or OperandType.InlineTok:
                    Mention(MetadataTokens.EntityHandle(code.ReadInt32()), inCode: true);
                    break;
                default:
                    code.ReadInt32();
                    break;
            }
        }
    }

    private void Mention(EntityHandle handle, bool inCode = false)
    {
        if (handle.IsNil) return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                _uses.Add(NameOf((TypeDefinitionHandle)handle));
                break;
            case HandleKind.TypeReference:
                _uses.Add(NameOf((TypeReferenceHandle)handle));
                break;
            case HandleKind.TypeSpecification:
                metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null);
                break;
            case HandleKind.MethodDefinition:
                MentionMethod(metadata.GetMethodDefinition((MethodDefinitionHandle)handle), inCode);
                break;
            case HandleKind.FieldDefinition:
                var field = metadata.GetFieldDefinition((FieldDefinitionHandle)handle);
                field.DecodeSignature(this, null);
                Mention(field.GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                MentionMember(metadata.GetMemberReference((MemberReferenceHandle)handle), inCode);
                break;
            case HandleKind.MethodSpecification:
                var generic = metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                Mention(generic.Method, inCode);
                generic.DecodeSignature(this, null);
                break;
        }
    }

    private void MentionMethod(MethodDefinition method, bool inCode)
    {
        var signature = method.DecodeSignature(this, null);
        Mention(method.GetDeclaringType());
        Record(NameOf(method.GetDeclaringType()), method.Name, signature.ParameterTypes.Length, inCode);
    }

    private void MentionMember(MemberReference member, bool inCode)
    {
        Mention(member.Parent);
        var parameters = -1;
        if (member.GetKind() == MemberReferenceKind.Method)
            parameters = member.DecodeMethodSignature(this, null).ParameterTypes.Length;
        else
            member.DecodeFieldSignature(this, null);
        Record(OwnerOf(member.Parent), member.Name, parameters, inCode);
    }

    private void Record(TypeName owner, StringHandle member, int parameters, bool inCode)
    {
        if (inCode)
            _members.Add(new MemberUse(owner, metadata.GetString(member), parameters, _inside, _inStateMachine));
    }

    private TypeName OwnerOf(EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeDefinition => NameOf((TypeDefinitionHandle)handle),
        HandleKind.TypeReference => NameOf((TypeReferenceHandle)handle),
        HandleKind.TypeSpecification =>
            metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null),
        HandleKind.MemberReference => OwnerOf(metadata.GetMemberReference((MemberReferenceHandle)handle).Parent),
        HandleKind.MethodDefinition =>
            NameOf(metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType()),
        _ => default,
    };

    private TypeName NameOf(TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(CompiledCode.OuterOf(metadata, handle));
        return new TypeName(metadata.GetString(type.Namespace), metadata.GetString(type.Name));
    }

    /// <summary>
    /// A nested type keeps its own name in front of its outer type's namespace, because bans name nested awaiters.
    /// </summary>
    private TypeName NameOf(TypeReferenceHandle handle)
    {
        var reference = metadata.GetTypeReference(handle);
        var scope = reference;
        while (scope.ResolutionScope.Kind == HandleKind.TypeReference)
            scope = metadata.GetTypeReference((TypeReferenceHandle)scope.ResolutionScope);
        return new TypeName(metadata.GetString(scope.Namespace), metadata.GetString(reference.Name));
    }

    TypeName ISimpleTypeProvider<TypeName>.GetTypeFromDefinition(
        MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        Mention(handle);
        return NameOf(handle);
    }

    TypeName ISimpleTypeProvider<TypeName>.GetTypeFromReference(
        MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
    {
        Mention(handle);
        return NameOf(handle);
    }

    TypeName ISignatureTypeProvider<TypeName, object?>.GetTypeFromSpecification(
        MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        metadata.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    TypeName IConstructedTypeProvider<TypeName>.GetPointerType(TypeName elementType)
    {
        _sawPointer = true;
        return elementType;
    }

    TypeName ISignatureTypeProvider<TypeName, object?>.GetFunctionPointerType(MethodSignature<TypeName> signature)
    {
        _sawPointer = true;
        return default;
    }

    TypeName ISimpleTypeProvider<TypeName>.GetPrimitiveType(PrimitiveTypeCode typeCode)
    {
        if (typeCode is PrimitiveTypeCode.IntPtr or PrimitiveTypeCode.UIntPtr) _sawNativeInteger = true;
        return new TypeName("System", typeCode.ToString());
    }

    TypeName IConstructedTypeProvider<TypeName>.GetGenericInstantiation(
        TypeName genericType, ImmutableArray<TypeName> typeArguments) => genericType;

    TypeName ISZArrayTypeProvider<TypeName>.GetSZArrayType(TypeName elementType) => elementType;

    TypeName IConstructedTypeProvider<TypeName>.GetArrayType(TypeName elementType, ArrayShape shape) => elementType;

    TypeName IConstructedTypeProvider<TypeName>.GetByReferenceType(TypeName elementType) => elementType;

    TypeName ISignatureTypeProvider<TypeName, object?>.GetPinnedType(TypeName elementType) => elementType;

    TypeName ISignatureTypeProvider<TypeName, object?>.GetModifiedType(
        TypeName modifier, TypeName unmodifiedType, bool isRequired) => unmodifiedType;

    TypeName ISignatureTypeProvider<TypeName, object?>.GetGenericMethodParameter(object? genericContext, int index) =>
        default;

    TypeName ISignatureTypeProvider<TypeName, object?>.GetGenericTypeParameter(object? genericContext, int index) =>
        default;
}
