import AppLayoutToolbar from "@cloudscape-design/components/app-layout-toolbar";
import I18nProvider from "@cloudscape-design/components/i18n";
import { useState, type ReactNode } from "react";
import { useMessages } from "../i18n/messages.ts";
import { useCloudscapeMessages } from "./cloudscape-messages.ts";
import { appMessages } from "./messages.ts";
import { Notifications } from "./notifications.tsx";
import { useSession } from "./session.ts";
import { SessionEnded } from "./session-ended.tsx";
import { SideBar } from "./side-bar.tsx";
import { TopBar } from "./top-bar.tsx";

/** What is around every page below `/app/`. */
export function Shell({ children }: { children: ReactNode }) {
  const say = useMessages(appMessages);
  const { locale, messages } = useCloudscapeMessages();
  const session = useSession();
  const [isOpen, setIsOpen] = useState(() => matchMedia("(min-width: 1100px)").matches);
  return (
    <I18nProvider locale={locale} messages={[messages]}>
      <div id="top">
        <TopBar />
      </div>
      <AppLayoutToolbar
        headerSelector="#top"
        navigation={<SideBar isSignedIn={session.user !== null} />}
        navigationOpen={isOpen}
        onNavigationChange={({ detail }) => setIsOpen(detail.open)}
        toolsHide
        stickyNotifications
        notifications={<Notifications />}
        content={children}
        ariaLabels={{
          navigation: say("nav.label"),
          navigationToggle: say("nav.open"),
          navigationClose: say("nav.close"),
          notifications: say("toasts.label"),
        }}
      />
      <SessionEnded />
    </I18nProvider>
  );
}
