"""Gemini: `POST /v1beta/models/NAME:generateContent`. Names may come in camelCase or in snake_case, and both are read."""

from __future__ import annotations

from policyroute.dialects.dialect import ASKS, Dialect, Field, declare, under

_MEDIA = (
    Field("", by=("mimeType", "mime_type")),
    Field("mimeType", "aside"),
    Field("displayName", "aside"),
    Field("data", "opaque", opaque="file", feature="files"),
    Field("fileUri", "opaque", opaque="file", feature="files"),
    Field("<text/*>.data", "encoded", opaque="file", feature="files"),
    Field("<image/*>.data", "opaque", opaque="image", feature="images"),
    Field("<image/*>.fileUri", "opaque", opaque="image", feature="images"),
    Field("<audio/*>.data", "opaque", opaque="audio", feature="audio"),
    Field("<audio/*>.fileUri", "opaque", opaque="audio", feature="audio"),
    Field("<video/*>.data", "opaque", opaque="video", feature="files"),
    Field("<video/*>.fileUri", "opaque", opaque="video", feature="files"),
)

# How a part is to be looked at, and what is known of it beside.
_BESIDE_PART = tuple(
    Field(name, "free")
    for name in (
        *("videoMetadata", "audioMetadata", "documentMetadata", "spreadsheetMetadata", "speechMetadata", "partMetadata"),
        *("mediaResolution", "mediaProcessing", "audioTranscription"),
    )
)

# A part has no type: its keys say what it is, so a key that is not declared makes it one of an unknown kind.
_PART = (
    Field("", "part"),
    Field("text", "text"),
    *under("inlineData", _MEDIA),
    *under("fileData", _MEDIA),
    Field("functionCall", role="assistant"),
    Field("functionCall.id", "aside"),
    Field("functionCall.name", "aside"),
    Field("functionCall.args", "free"),
    Field("functionCall.partialArgs", "free"),
    Field("functionCall.willContinue", "flag"),
    Field("functionResponse", role="tool"),
    Field("functionResponse.id", "aside"),
    Field("functionResponse.name", "aside"),
    Field("functionResponse.response", "free"),
    Field("functionResponse.willContinue", "flag"),
    Field("functionResponse.scheduling", "aside"),
    Field("functionResponse.parts", "one_or_many"),
    Field("functionResponse.parts[]", "part"),
    *under("functionResponse.parts[].inlineData", _MEDIA),
    *under("functionResponse.parts[].fileData", _MEDIA),
    *under("functionResponse.parts[]", _BESIDE_PART),
    Field("toolCall", role="assistant"),
    Field("toolCall.id", "aside"),
    Field("toolCall.toolType", "aside"),
    Field("toolCall.args", "free"),
    Field("toolResponse", role="tool"),
    Field("toolResponse.id", "aside"),
    Field("toolResponse.toolType", "aside"),
    Field("toolResponse.response", "free"),
    Field("executableCode.id", "aside"),
    Field("executableCode.language", "aside"),
    Field("executableCode.code", "text", role="assistant"),
    Field("codeExecutionResult.id", "aside"),
    Field("codeExecutionResult.outcome", "aside"),
    Field("codeExecutionResult.output", "text", role="tool"),
    Field("thought", "flag"),
    Field("thoughtSignature", "aside", role="assistant"),
    *_BESIDE_PART,
)

_SAID = (
    Field("contents", "one_or_many"),
    Field("contents[]", "turn", role="user"),
    Field("contents[].role", "seen"),
    Field("contents[].parts", "one_or_many"),
    *under("contents[].parts[]", _PART),
    Field("systemInstruction", "text", role="system"),
    Field("systemInstruction.role", "aside"),
    Field("systemInstruction.parts", "one_or_many"),
    *under("systemInstruction.parts[]", _PART),
)

_TOOLS = (
    Field("tools", "one_or_many", role="system", feature="tools"),
    Field("tools[].functionDeclarations", "one_or_many"),
    Field("tools[].functionDeclarations[].name", "aside"),
    Field("tools[].functionDeclarations[].description", "aside"),
    Field("tools[].functionDeclarations[].behavior", "aside"),
    Field("tools[].functionDeclarations[].parameters", "free"),
    Field("tools[].functionDeclarations[].parametersJsonSchema", "free"),
    Field("tools[].functionDeclarations[].response", "free"),
    Field("tools[].functionDeclarations[].responseJsonSchema", "free"),
    Field("tools[].fileSearch", "opaque", opaque="file", feature="files"),
    Field("tools[].retrieval", "opaque", opaque="file", feature="files"),
    Field("tools[].googleSearch", "free"),
    Field("tools[].googleSearchRetrieval", "free"),
    Field("tools[].googleMaps", "free"),
    Field("tools[].enterpriseWebSearch", "free"),
    Field("tools[].parallelAiSearch", "free"),
    Field("tools[].exaAiSearch", "free"),
    Field("tools[].urlContext", "free"),
    Field("tools[].codeExecution", "free"),
    Field("tools[].computerUse", "free"),
    Field("tools[].mcpServers", "one_or_many"),
    Field("tools[].mcpServers[].name", "aside"),
    Field("tools[].mcpServers[].streamableHttpTransport.url", "opaque", opaque="url"),
    Field("tools[].mcpServers[].streamableHttpTransport.headers", "free"),
    Field("tools[].mcpServers[].streamableHttpTransport.timeout", "aside"),
    Field("tools[].mcpServers[].streamableHttpTransport.sseReadTimeout", "aside"),
    Field("tools[].mcpServers[].streamableHttpTransport.terminateOnClose", "flag"),
    Field("toolConfig", "free"),
)

_SETTINGS = (
    Field("model", "model"),
    Field("generationConfig.maxOutputTokens", "max_output"),
    Field("generationConfig.candidateCount", "answers"),
    Field("generationConfig.temperature", "number"),
    Field("generationConfig.topP", "number"),
    Field("generationConfig.topK", "number"),
    Field("generationConfig.seed", "number"),
    Field("generationConfig.presencePenalty", "number"),
    Field("generationConfig.frequencyPenalty", "number"),
    Field("generationConfig.logprobs", "number"),
    Field("generationConfig.responseLogprobs", "flag"),
    Field("generationConfig.stopSequences[]", "aside"),
    Field("generationConfig.responseMimeType", "aside"),
    Field("generationConfig.responseModalities[]", "aside"),
    Field("generationConfig.responseSchema", "free", role="system", feature="json_schema"),
    Field("generationConfig.responseJsonSchema", "free", role="system", feature="json_schema"),
    Field("generationConfig.responseFormat", "free", role="system"),
    Field("generationConfig.thinkingConfig", "free"),
    Field("generationConfig.speechConfig", "free"),
    Field("generationConfig.imageConfig", "free"),
    Field("generationConfig.mediaResolution", "aside"),
    Field("generationConfig.translationConfig", "free"),
    Field("generationConfig.audioTranscriptionConfig", "free"),
    Field("generationConfig.audioTimestamp", "flag"),
    Field("generationConfig.enableAffectiveDialog", "flag"),
    Field("generationConfig.enableEnhancedCivicAnswers", "flag"),
    Field("generationConfig.routingConfig", "refused"),
    Field("generationConfig.modelSelectionConfig", "refused"),
    Field("safetySettings[].category", "aside"),
    Field("safetySettings[].method", "aside"),
    Field("safetySettings[].threshold", "aside"),
    Field("cachedContent", "opaque", opaque="stored_history"),
    Field("labels", "free"),
    Field("serviceTier", "aside"),
)

GEMINI_GENERATE: Dialect = declare("gemini.generate", (*_SAID, *_TOOLS, *_SETTINGS, *ASKS), needs=("contents",), twins=True)
