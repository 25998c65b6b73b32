import "./code.css";
import "./snippet.css";
import Box from "@cloudscape-design/components/box";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import SpaceBetween from "@cloudscape-design/components/space-between";

interface SnippetProps {
  title: string;
  text: string;
  /** What the copy button is called, and what is said once it was pressed. */
  copy: { label: string; done: string; failed: string };
}

/** Text to take elsewhere, under its title, with a button that copies it. */
export function Snippet({ title, text, copy }: SnippetProps) {
  return (
    <div>
      <SpaceBetween size="xs" direction="horizontal" alignItems="center">
        <Box variant="h3">{title}</Box>
        <CopyToClipboard
          variant="icon"
          textToCopy={text}
          copyButtonAriaLabel={copy.label}
          copySuccessText={copy.done}
          copyErrorText={copy.failed}
        />
      </SpaceBetween>
      <pre className="code code-ground snippet" tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </div>
  );
}
