import { useCallback } from "react";
import { useNavigate } from "react-router";

interface FollowEvent {
  preventDefault: () => void;
  detail: { href?: string | undefined; external?: boolean | undefined };
}

/** For `onFollow` of Cloudscape's links and navigations: opens pages of ours without loading the console anew. */
export function useFollow(): (event: FollowEvent) => void {
  const navigate = useNavigate();
  return useCallback(
    (event) => {
      const { href, external } = event.detail;
      if (href === undefined || external === true || !href.startsWith("/")) return;
      event.preventDefault();
      void navigate(href);
    },
    [navigate],
  );
}
